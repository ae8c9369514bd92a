"""What only the Admin Ops API tells about a bucket: who owns it, and its quota."""

from __future__ import annotations

from lakestead.plan.quota import Quota
from lakestead.rgw.client import AdminOps
from lakestead.rgw.failures import RgwError
from lakestead.rgw.users import parse_quota, quota_parameters


def read_owner_and_quota(admin: AdminOps, bucket: str) -> tuple[str, Quota] | None:
    """The owner's uid and the bucket's quota; None where there is no such bucket."""
    try:
        info = admin.get("bucket", bucket=bucket)
    except RgwError as error:
        if error.status == 404 and error.code == "NoSuchBucket":
            return None
        raise
    return info["owner"], parse_quota(info["bucket_quota"])


def set_bucket_quota(admin: AdminOps, bucket: str, owner: str, quota: Quota) -> None:
    """Write a bucket's quota; ``owner`` must be who really owns it, which Ceph does not check."""
    admin.call("PUT", "bucket?quota", {"uid": owner, "bucket": bucket, **quota_parameters(quota)})
