"""The bucket of the backups, as its owner sees it."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from datetime import datetime
from typing import Any

from gevent.pool import Pool

from lakestead.backup.settings import owner_section, required
from lakestead.errors import LakesteadError
from lakestead.kube.client import Api
from lakestead.plan.backup import FOLDER, Stored, Wanted, candidates, checked, parse_manifest
from lakestead.rgw.failures import RgwError
from lakestead.s3.client import S3
from lakestead.s3.session import user_s3
from lakestead.settings import Settings

DRILLS = "drills/"
SIDE_BY_SIDE = 8
CHUNK = 1 << 20


class Store:
    """Backups and drills in one bucket."""

    def __init__(self, s3: S3, bucket: str) -> None:
        self.s3 = s3
        self.bucket = bucket

    def __str__(self) -> str:
        return f"bucket {self.bucket} at {self.s3.endpoint}"

    def backups(self) -> list[Stored]:
        """All that were not deleted, their dumps' checksums not looked at.

        Raises RgwError where the bucket cannot be read; one that is not there has none.
        """
        objects: dict[str, dict[str, list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
        try:
            pages = self.s3.pages("ListObjectVersions", Bucket=self.bucket, Prefix=FOLDER)
        except RgwError as error:
            if error.code == "NoSuchBucket":
                return []
            raise
        for page in pages:
            for version in page.get("Versions") or []:
                name, _, kind = version["Key"].removeprefix(FOLDER).rpartition(".")
                if kind in ("dump", "json") and "/" not in name:
                    objects[name][kind].append(version)
        found = Pool(SIDE_BY_SIDE).map(lambda item: self._stored(*item), objects.items())
        return [item for item in found if item is not None]

    def verified(self, stored: Stored) -> Stored:
        """With its dump read and its checksum compared."""
        digest = hashlib.sha256()
        answer = self.s3.call(
            "GetObject", absent=("NoSuchKey",), Bucket=self.bucket, Key=f"{FOLDER}{stored.id}.dump"
        )
        if answer is None:
            return checked(stored, "")
        for chunk in _chunks(answer["Body"], str(self)):
            digest.update(chunk)
        return checked(stored, digest.hexdigest())

    def newest_good(
        self, wanted: Wanted, now: datetime, backups: list[Stored]
    ) -> tuple[Stored | None, list[Stored]]:
        """The newest that proves good, and all with what was found out about them meanwhile."""
        known = {item.id: item for item in backups}
        for item in candidates(backups, wanted, now):
            known[item.id] = self.verified(item)
            if known[item.id].checksum == "good":
                return known[item.id], list(known.values())
        return None, list(known.values())

    def drills(self) -> list[dict[str, Any]]:
        """What drills have noted, the newest first."""
        found = []
        try:
            pages = self.s3.pages("ListObjectsV2", Bucket=self.bucket, Prefix=DRILLS)
        except RgwError as error:
            if error.code == "NoSuchBucket":
                return []
            raise
        for page in pages:
            found += [item["Key"] for item in page.get("Contents") or []]
        notes = []
        for key in sorted(found, reverse=True)[:20]:
            answer = self.s3.call("GetObject", absent=("NoSuchKey",), Bucket=self.bucket, Key=key)
            if answer is not None:
                notes.append(json.loads(b"".join(_chunks(answer["Body"], str(self)))))
        return notes

    def note_drill(self, note: dict[str, Any]) -> None:
        """Keep what a drill found."""
        self.s3.call(
            "PutObject",
            Bucket=self.bucket,
            Key=f"{DRILLS}{note['backup']}.json",
            Body=json.dumps(note, indent=2).encode() + b"\n",
            ContentType="application/json",
        )

    def _stored(self, name: str, kinds: dict[str, list[dict[str, Any]]]) -> Stored | None:
        """One backup by the versions of its two objects; None where both are deleted."""
        now = {
            kind: version
            for kind, versions in kinds.items()
            for version in versions
            if version["IsLatest"]
        }
        if not now:
            return None
        manifest, unreadable = None, ""
        if "json" in now:
            answer = self.s3.call(
                "GetObject", absent=("NoSuchKey",), Bucket=self.bucket, Key=f"{FOLDER}{name}.json"
            )
            if answer is not None:
                text = b"".join(_chunks(answer["Body"], str(self)))
                manifest, unreadable = parse_manifest(text)
        return Stored(
            id=name,
            written=max(version["LastModified"] for version in now.values()),
            manifest=manifest,
            unreadable=unreadable,
            size=now["dump"]["Size"] if "dump" in now else None,
            versions=max(len({item["ETag"] for item in versions}) for versions in kinds.values()),
        )


def store(api: Api, settings: Settings) -> Store | None:
    """The bucket with its owner's key; None where that is not there yet."""
    found = user_s3(api, owner_section(settings))
    return Store(found[0], required(settings).bucket) if found else None


def _chunks(body: Any, where: str) -> Any:
    try:
        yield from body.iter_chunks(CHUNK)
    except Exception as error:  # botocore's and urllib3's alike
        raise LakesteadError(
            "A backup could not be read to its end", where=where, found=str(error), do="try again"
        ) from error
