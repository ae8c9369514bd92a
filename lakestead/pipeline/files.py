"""The raw files in the bucket, and the data files of a table that no snapshot refers to."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from lakestead.errors import LakesteadError
from lakestead.s3.client import S3

Place = tuple[str, str]
"""Bucket and key."""
_EMPTY = hashlib.md5(b"", usedforsecurity=False).hexdigest()


def url(place: Place) -> str:
    """``s3://BUCKET/KEY``."""
    return f"s3://{place[0]}/{place[1]}"


def others(s3: S3, wanted: Mapping[Place, bytes]) -> dict[Place, bool]:
    """Those that are not there as they should be, by their ETags; whether another is there instead.

    Raises LakesteadError where a folder has more files than these: the job takes what is in its folder.
    """
    there: dict[Place, str] = {}
    folders = {(bucket, key.rpartition("/")[0]) for bucket, key in wanted}
    for bucket, prefix in sorted(folders):
        there |= _etags(s3, bucket, f"{prefix}/")
    strangers = [
        url(place)
        for place, etag in sorted(there.items())
        if place not in wanted and _is_taken(place, etag, folders)
    ]
    if len(strangers) > 5:
        strangers = [*strangers[:5], f"and {len(strangers) - 5} more"]
    if strangers:
        raise LakesteadError(
            "There are files beside Lakestead's raw files, and the job would take them too",
            found="\n".join(strangers),
            expected=f"no others than {', '.join(sorted(key.rpartition('/')[2] for _, key in wanted))}",
            do="move them elsewhere, or give the raw files another folder: spark.raw",
        )
    return {
        place: place in there
        for place, content in wanted.items()
        if there.get(place) != hashlib.md5(content, usedforsecurity=False).hexdigest()
    }


def put(s3: S3, place: Place, content: bytes) -> str:
    """Write one of them."""
    s3.call("PutObject", Bucket=place[0], Key=place[1], Body=content)
    return f"{len(content)} bytes"


def orphans(s3: S3, location: str, known: Collection[str]) -> list[str]:
    """Data files below a table's location that none of its snapshots has.

    + location: ``s3a://BUCKET/PREFIX``
    + known: the files that its snapshots have, as Iceberg names them
    """
    where = urlsplit(location)
    prefix = where.path.strip("/")
    keys = {urlsplit(path).path.strip("/") for path in known}
    there = _etags(s3, where.netloc, f"{prefix}/data/")
    return sorted(url(place) for place in there if place[1] not in keys)


def _is_taken(place: Place, etag: str, folders: Collection[Place]) -> bool:
    """Whether the job reads a file: ``files`` in jobs/job.py."""
    folder, _, name = place[1].rpartition("/")
    hidden = not name or name.startswith(("_", "."))
    return (place[0], folder) in folders and not hidden and etag != _EMPTY


def _etags(s3: S3, bucket: str, prefix: str) -> dict[Place, str]:
    pages = s3.pages("ListObjectsV2", Bucket=bucket, Prefix=prefix)
    return {
        (bucket, item["Key"]): item["ETag"].strip('"')
        for page in pages
        for item in page.get("Contents", [])
    }
