"""What S3 has of Iceberg tables that a backup has not: commits and tables made after it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from lakestead.plan.backup import IcebergTable, Manifest
from lakestead.plan.roll_forward import Lost, MetadataFile, made_since, parse, since
from lakestead.rgw.failures import RgwError
from lakestead.s3.client import S3

ENDING = ".metadata.json"
_UNIQUE = re.compile(r"-[0-9a-f]{32}$")
"""What Trino adds to a table's name for its folder."""


def lost(s3: S3, manifest: Manifest, roots: Iterable[str]) -> list[Lost]:
    """Tables with more in S3 than in the backup, by name.

    + s3: with the key of the lakehouse's user
    + roots: folders of databases, ``s3a://BUCKET/PREFIX``: tables that the backup does not name are
      looked for in ``ROOT/DATABASE.db/TABLE``
    """
    found = [_of_table(s3, table) for table in manifest.iceberg]
    known = {_plain(table.location) for table in manifest.iceberg}
    for root in sorted({root.rstrip("/") for root in roots}):
        for folder in _folders(s3, root):
            for table in _folders(s3, folder):
                if _plain(table) not in known:
                    files = _metadata(s3, table, None)
                    found.append(made_since(_name(folder, table), files, manifest.taken))
    return sorted((item for item in found if item is not None), key=lambda item: item.table)


def roots(locations: Iterable[str]) -> list[str]:
    """The folders of databases: of a folder that is one (``NAME.db``) the one that it lies in."""
    return [
        location.rpartition("/")[0] if location.endswith(".db") else location
        for location in locations
    ]


def _of_table(s3: S3, table: IcebergTable) -> Lost | None:
    return since(
        table.name,
        table.metadata_location,
        _metadata(s3, table.location, table.metadata_location),
    )


def _metadata(s3: S3, location: str, start: str | None) -> list[MetadataFile]:
    """The metadata files of a table, those from ``start`` on."""
    bucket, prefix = _split(location)
    objects: dict[str, datetime] = {}
    for page in _pages(s3, Bucket=bucket, Prefix=f"{prefix}/metadata/"):
        for item in page.get("Contents") or []:
            if item["Key"].endswith(ENDING):
                objects[item["Key"]] = item["LastModified"]
    first = objects.get(_split(start)[1]) if start else None
    if start and first is None:
        return []
    scheme = (start or location).partition("://")[0]
    found = []
    for key, written in objects.items():
        if first is not None and written < first:
            continue
        answer = s3.call("GetObject", absent=("NoSuchKey",), Bucket=bucket, Key=key)
        if answer is None:
            continue
        try:
            metadata = json.loads(answer["Body"].read())
        except ValueError:
            continue  # compressed, or not written to its end: nobody can go on from it here
        found.append(parse(f"{scheme}://{bucket}/{key}", written, metadata))
    return found


def _folders(s3: S3, location: str) -> list[str]:
    bucket, prefix = _split(location)
    scheme = location.partition("://")[0]
    pages = _pages(s3, Bucket=bucket, Prefix=f"{prefix}/", Delimiter="/")
    return [
        f"{scheme}://{bucket}/{item['Prefix'].rstrip('/')}"
        for page in pages
        for item in page.get("CommonPrefixes") or []
    ]


def _pages(s3: S3, **parameters: Any) -> list[dict[str, Any]]:
    try:
        return s3.pages("ListObjectsV2", **parameters)
    except RgwError as error:
        if error.code == "NoSuchBucket":
            return []
        raise


def _name(folder: str, table: str) -> str:
    database = folder.rpartition("/")[2].removesuffix(".db")
    return f"{database}.{_UNIQUE.sub('', table.rpartition('/')[2])}"


def _split(location: str) -> tuple[str, str]:
    bucket, _, prefix = _plain(location).partition("/")
    return bucket, prefix


def _plain(location: str) -> str:
    return location.partition("://")[2].rstrip("/")
