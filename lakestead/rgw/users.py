"""Users of the object gateway: read, create, change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lakestead.plan.quota import UNLIMITED, Quota, as_stored
from lakestead.plan.rgw_user import User
from lakestead.rgw.client import AdminOps
from lakestead.rgw.credentials import Credentials
from lakestead.rgw.failures import RgwError

KIB = 1024
# Ceph's answers for a key that the user has not.
GONE = ("InvalidAccessKeyId", "NoSuchKey", "InvalidAccessKey")


def read_user(admin: AdminOps, uid: str) -> tuple[User, list[Credentials]] | None:
    """The user and its S3 keys; None only where the gateway says that there is no such user."""
    try:
        info = admin.get("user", uid=uid)
    except RgwError as error:
        # With an OSD down look-ups hang or fail in other ways: those are no absence.
        if error.status == 404 and error.code == "NoSuchUser":
            return None
        raise
    return parse_user(info)


def parse_user(info: Mapping[str, Any]) -> tuple[User, list[Credentials]]:
    """What the Admin Ops API and ``radosgw-admin user info`` answer about a user."""
    keys = [Credentials(key["access_key"], key["secret_key"]) for key in info["keys"]]
    uid = f"{info['tenant']}${info['user_id']}" if info.get("tenant") else info["user_id"]
    user = User(
        uid=uid,
        display_name=info["display_name"],
        max_buckets=int(info["max_buckets"]),
        caps={cap["type"]: cap["perm"] for cap in info["caps"]},
        quota=parse_quota(info["user_quota"]),
        suspended=bool(info["suspended"]),
        access_keys=tuple(key.access_key for key in keys),
    )
    return user, keys


def parse_quota(answer: Mapping[str, Any]) -> Quota:
    """A quota as the gateway answers it."""
    return as_stored(
        enabled=bool(answer["enabled"]),
        max_size=int(answer["max_size"]),
        max_objects=int(answer["max_objects"]),
    )


def quota_parameters(quota: Quota) -> dict[str, str | int | bool]:
    """A quota as the gateway wants it, on every version (``lakestead.rgw.quirks``).

    Ceph 16 does not know ``max-size`` for buckets, and stores 0 for what is not sent.
    """
    size = quota.max_size if quota.max_size == UNLIMITED else -(-quota.max_size // KIB)
    return {
        "max_size_kb": size,
        "max_objects": quota.max_objects,
        "enabled": quota != Quota(),
    }


def create_user(admin: AdminOps, user: User) -> None:
    """Create a user with one S3 key, which the gateway makes up."""
    parameters: dict[str, str | int | bool] = {
        "uid": user.uid,
        "display_name": user.display_name,
        "max_buckets": user.max_buckets,
        "generate_key": True,
    }
    if user.caps:
        parameters["user_caps"] = _caps(user.caps)
    admin.call("PUT", "user", parameters)


def set_attributes(admin: AdminOps, user: User) -> None:
    """Write the display name and the bucket limit."""
    admin.call(
        "POST",
        "user",
        {"uid": user.uid, "display_name": user.display_name, "max_buckets": user.max_buckets},
    )


def set_caps(
    admin: AdminOps, uid: str, wanted: Mapping[str, str], found: Mapping[str, str]
) -> None:
    """Make the admin capabilities ``wanted``.

    Adding merges with what is there, so what is too much is taken away first.
    """
    surplus = {kind: "*" for kind, perm in found.items() if wanted.get(kind) != perm}
    if surplus:
        admin.call("DELETE", "user?caps", {"uid": uid, "user_caps": _caps(surplus)})
    missing = {kind: perm for kind, perm in wanted.items() if found.get(kind) != perm}
    if missing:
        admin.call("PUT", "user?caps", {"uid": uid, "user_caps": _caps(missing)})


def set_user_quota(admin: AdminOps, uid: str, quota: Quota) -> None:
    """Write the quota of everything that a user owns."""
    admin.call("PUT", "user?quota", {"uid": uid, "quota_type": "user", **quota_parameters(quota)})


def add_key(admin: AdminOps, uid: str) -> None:
    """Add an S3 key, which the gateway makes up; every call adds one more."""
    admin.call("PUT", "user?key", {"uid": uid, "key_type": "s3", "generate_key": True})


def remove_key(admin: AdminOps, uid: str, access_key: str) -> None:
    """Take an S3 key away; one that is not there is no error."""
    try:
        admin.call("DELETE", "user?key", {"uid": uid, "key_type": "s3", "access_key": access_key})
    except RgwError as error:
        if error.code not in GONE:
            raise


def _caps(caps: Mapping[str, str]) -> str:
    return ";".join(f"{kind}={caps[kind]}" for kind in sorted(caps))
