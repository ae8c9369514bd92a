"""Take back a bucket or a user of the object gateway that a run had made; data are never deleted."""

from __future__ import annotations

from typing import Any

from lakestead.journal.steps import Step, as_before, cannot, take_back
from lakestead.journal.undo import Undo
from lakestead.rgw.buckets import read_owner_and_quota
from lakestead.rgw.client import AdminOps
from lakestead.rgw.users import read_user
from lakestead.s3.client import S3

# What the round trip leaves: a line of text that says what was proved.
MARKERS = "_lakestead/"


def plan_bucket(admin: AdminOps | None, s3: S3 | None, name: str) -> Step:
    """A bucket is deleted where it holds nothing but the marker of the round trip."""
    if admin is None or s3 is None:
        return cannot("Bucket", name, "the keys for the object gateway are not there")
    if read_owner_and_quota(admin, name) is None:
        return as_before("Bucket", name, "it is not there")
    held = [item for item in _versions(s3, name) if not item["Key"].startswith(MARKERS)]
    if held:
        return cannot("Bucket", name, f"it holds objects, {held[0]['Key']} for one")

    def do() -> str:
        for item in _versions(s3, name):
            if item["Key"].startswith(MARKERS):
                version = {"VersionId": item["VersionId"]} if item.get("VersionId") else {}
                s3.call("DeleteObject", Bucket=name, Key=item["Key"], **version)
        # The gateway refuses it for a bucket that has got an object meanwhile.
        s3.call("DeleteBucket", Bucket=name)
        return f"bucket {name} is gone"

    undo = Undo("none", cannot="the next run makes it again")
    return take_back("Bucket", name, "delete", do, undo, why="the run had made it; it is empty")


def plan_user(admin: AdminOps | None, uid: str, going: frozenset[str]) -> Step:
    """A user is removed where it owns no bucket but those that go.

    + going: buckets that are deleted by the same rollback
    """
    if admin is None:
        return cannot("RGW user", uid, "the key for the Admin Ops API is not there")
    if read_user(admin, uid) is None:
        return as_before("RGW user", uid, "it is not there")
    left = sorted(set(admin.get("bucket", uid=uid)) - going)
    if left:
        return cannot("RGW user", uid, f"it owns bucket {left[0]}")

    def do() -> str:
        # Without purge-data: the gateway refuses it for a user who owns buckets.
        admin.call("DELETE", "user", {"uid": uid})
        return f"RGW user {uid} is gone"

    undo = Undo("none", cannot="the next run makes it again")
    return take_back("RGW user", uid, "delete", do, undo, why="the run had made it")


def _versions(s3: S3, bucket: str) -> list[dict[str, Any]]:
    pages = s3.pages("ListObjectVersions", Bucket=bucket)
    return [
        item
        for page in pages
        for item in [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
    ]
