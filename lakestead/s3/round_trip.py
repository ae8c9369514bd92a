"""A real round trip through a bucket with the user's own key, and the marker that it leaves."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from lakestead.errors import LakesteadError
from lakestead.plan.round_trip import REFUSED, STEPS
from lakestead.rgw.failures import RgwError
from lakestead.s3.client import S3

MARKER = "_lakestead/round-trip.json"
# Nothing but the round trip's own objects is below this; what a killed run left is removed.
PREFIX = "_lakestead/round-trip/"
SMALL = 4 * 1024
# S3 wants at least 5 MiB of every part but the last.
PARTS = (5 * 1024 * 1024, 5 * 1024 * 1024, 1024 * 1024)


def read_marker(s3: S3, bucket: str) -> Mapping[str, Any] | None:
    """What the last round trip proved; None where there is no marker, or one that is not ours."""
    answer = s3.call("GetObject", absent=("NoSuchKey", "NoSuchBucket"), Bucket=bucket, Key=MARKER)
    if answer is None:
        return None
    try:
        marker = json.loads(answer["Body"].read())
    except ValueError:
        return None
    return marker if isinstance(marker, dict) else None


class RoundTrip:
    """Put, multipart, get with checksum, list and delete in one bucket.

    + s3: access with the user's own key
    + anonymous: access without any; None where the bucket's policy lets everybody read
    """

    def __init__(self, s3: S3, anonymous: S3 | None, bucket: str) -> None:
        self.s3 = s3
        self.anonymous = anonymous
        self.bucket = bucket

    def run(self, digest: str, user: str) -> None:
        """Do it all, and leave the marker once everything passed.

        + digest: of what is proved, by ``lakestead.plan.round_trip.proves``
        + user: uid, for the marker

        Raises LakesteadError naming the step that failed.
        """
        self._clean()
        try:
            self._prove()
        except LakesteadError:
            # What is left after this, the next round trip removes.
            with suppress(LakesteadError):
                self._clean()
            raise
        self._clean()
        self._mark(digest, user)

    def _prove(self) -> None:
        small, large = os.urandom(SMALL), [os.urandom(size) for size in PARTS]
        objects = {f"{PREFIX}small": small, f"{PREFIX}multipart": b"".join(large)}
        self.s3.call("PutObject", Bucket=self.bucket, Key=f"{PREFIX}small", Body=small)
        self._multipart(f"{PREFIX}multipart", large)
        for key, body in objects.items():
            self._get(key, body)
        self._expect("list", sorted(objects), self._keys())
        if self.anonymous:
            self._refused(f"{PREFIX}small")
        self._delete(sorted(objects))

    def _multipart(self, key: str, parts: list[bytes]) -> None:
        where = {"Bucket": self.bucket, "Key": key}
        upload = self.s3.call("CreateMultipartUpload", **where)["UploadId"]
        done = []
        for number, body in enumerate(parts, 1):
            part = self.s3.call(
                "UploadPart", **where, UploadId=upload, PartNumber=number, Body=body
            )
            done.append({"PartNumber": number, "ETag": part["ETag"]})
        self.s3.call(
            "CompleteMultipartUpload", **where, UploadId=upload, MultipartUpload={"Parts": done}
        )

    def _get(self, key: str, body: bytes) -> None:
        from botocore.exceptions import BotoCoreError

        answer = self.s3.call("GetObject", Bucket=self.bucket, Key=key)
        try:
            got = answer["Body"].read()
        except BotoCoreError as error:
            raise LakesteadError(
                f"The round trip through bucket {self.bucket} failed at: get",
                where=f"{key} at {self.s3.endpoint}",
                found=str(error),
                expected=f"{len(body)} bytes",
            ) from error
        self._expect("get", _sum(body), _sum(got))

    def _keys(self) -> list[str]:
        pages = self.s3.pages("ListObjectsV2", Bucket=self.bucket, Prefix=PREFIX)
        return [item["Key"] for page in pages for item in page.get("Contents", [])]

    def _refused(self, key: str) -> None:
        assert self.anonymous is not None
        try:
            self.anonymous.call("GetObject", Bucket=self.bucket, Key=key)
        except RgwError as error:
            if error.status == 403:
                return
            raise
        self._expect(REFUSED, "HTTP 403", "the object")

    def _delete(self, keys: list[str]) -> None:
        for key in keys:
            self.s3.call("DeleteObject", Bucket=self.bucket, Key=key)
        self._expect("delete", [], self._keys())

    def _clean(self) -> None:
        """Remove every version and unfinished upload of the round trip's own objects."""
        for page in self.s3.pages("ListMultipartUploads", Bucket=self.bucket, Prefix=PREFIX):
            for upload in page.get("Uploads", []):
                self.s3.call(
                    "AbortMultipartUpload",
                    absent=("NoSuchUpload",),
                    Bucket=self.bucket,
                    Key=upload["Key"],
                    UploadId=upload["UploadId"],
                )
        for page in self.s3.pages("ListObjectVersions", Bucket=self.bucket, Prefix=PREFIX):
            for version in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
                self.s3.call(
                    "DeleteObject",
                    Bucket=self.bucket,
                    Key=version["Key"],
                    VersionId=version["VersionId"],
                )

    def _mark(self, digest: str, user: str) -> None:
        marker = {
            "proved": [*STEPS, *([REFUSED] if self.anonymous else [])],
            "endpoint": self.s3.endpoint,
            "user": user,
            "bucket": self.bucket,
            "digest": digest,
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        self.s3.call(
            "PutObject",
            Bucket=self.bucket,
            Key=MARKER,
            Body=json.dumps(marker, indent=2).encode() + b"\n",
            ContentType="application/json",
        )

    def _expect(self, step: str, wanted: object, got: object) -> None:
        if wanted != got:
            raise LakesteadError(
                f"The round trip through bucket {self.bucket} failed at: {step}",
                where=f"{PREFIX} at {self.s3.endpoint}",
                found=str(got),
                expected=str(wanted),
            )


def _sum(body: bytes) -> str:
    return f"{len(body)} bytes, sha256 {hashlib.sha256(body).hexdigest()}"
