"""One bucket: read all of it, write one setting, and read that back."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from lakestead.errors import LakesteadError
from lakestead.plan import bucket_policy
from lakestead.plan.buckets import BucketState, BucketWanted, Setting, mismatches
from lakestead.plan.lifecycle import LifecycleRule, from_s3, in_order, to_s3
from lakestead.rgw.buckets import read_owner_and_quota, set_bucket_quota
from lakestead.rgw.client import AdminOps
from lakestead.rgw.failures import RgwError
from lakestead.s3.client import S3


class Buckets:
    """The buckets of one user.

    + s3: access with the user's own key
    + admin: who owns a bucket and what its quota is, is known to the Admin Ops API alone
    """

    def __init__(self, s3: S3, admin: AdminOps) -> None:
        self.s3 = s3
        self.admin = admin

    def read(self, name: str, owner: str) -> BucketState | None:
        """The bucket as the gateway has it; None where there is none.

        Raises LakesteadError where it belongs to another user than ``owner``.
        """
        found = read_owner_and_quota(self.admin, name)
        if found is None:
            return None
        actual, quota = found
        if actual != owner:
            raise owned_by_another(name, owner, actual)
        versioning = self.s3.call("GetBucketVersioning", Bucket=name)
        return BucketState(
            name=name,
            owner=actual,
            versioning=versioning.get("Status", "Off"),
            lifecycle=in_order(from_s3(rule) for rule in self._rules(name)),
            policy=bucket_policy.stored(self._policy(name)),
            quota=quota,
        )

    def write(self, wanted: BucketWanted, setting: Setting) -> None:
        """Write one setting and read it back.

        Raises LakesteadError naming bucket, setting, wanted and got where it was stored otherwise;
        nothing is taken back then.
        """
        writers: dict[Setting, Callable[[BucketWanted], None]] = {
            "bucket": self._create,
            "versioning": self._write_versioning,
            "lifecycle": self._write_lifecycle,
            "policy": self._write_policy,
            "quota": self._write_quota,
        }
        writers[setting](wanted)
        self.check(wanted, setting)

    def check(self, wanted: BucketWanted, setting: Setting | None = None) -> None:
        """Read the bucket and compare ``setting``, or everything, with what is wanted."""
        found = self.read(wanted.name, wanted.owner)
        if found is None:
            raise LakesteadError(
                f"Bucket {wanted.name} was created, but the gateway does not have it",
                where=self.s3.endpoint,
            )
        for mismatch in mismatches(wanted, found):
            if setting in (None, mismatch.setting):
                raise LakesteadError(
                    f"The object gateway did not keep {mismatch.setting} of bucket {wanted.name} "
                    "as it was written",
                    where=self.s3.endpoint,
                    found=mismatch.got,
                    expected=mismatch.wanted,
                    do="nothing was taken back; change the setting to one that this gateway keeps "
                    "and run again (docs/phase-1-object-storage.md lists what it is known to drop)",
                )

    def _create(self, wanted: BucketWanted) -> None:
        try:
            self.s3.call("CreateBucket", Bucket=wanted.name)
        except RgwError as error:
            if error.code == "BucketAlreadyExists":
                found = read_owner_and_quota(self.admin, wanted.name)
                raise owned_by_another(
                    wanted.name, wanted.owner, found[0] if found else "unknown"
                ) from error
            if error.code == "TooManyBuckets":
                raise LakesteadError(
                    f"Bucket {wanted.name} cannot be created: RGW user {wanted.owner} owns as many "
                    "buckets as it may",
                    where=error.where,
                    found=error.found,
                    do="raise object_storage.user.max_buckets",
                ) from error
            raise

    def _write_versioning(self, wanted: BucketWanted) -> None:
        self.s3.call(
            "PutBucketVersioning",
            Bucket=wanted.name,
            VersioningConfiguration={"Status": "Enabled" if wanted.versioning else "Suspended"},
        )

    def _write_lifecycle(self, wanted: BucketWanted) -> None:
        """Rules that are new are written disabled first, and enabled once they read back whole.

        A gateway that drops a filter makes of "delete what is large" a "delete everything".
        """
        rules = wanted.lifecycle or ()
        if not rules:
            self.s3.call("DeleteBucketLifecycle", Bucket=wanted.name)
            return
        before = in_order(from_s3(rule) for rule in self._rules(wanted.name))
        trial = tuple(rule if rule in before else replace(rule, enabled=False) for rule in rules)
        if trial != rules:
            self._put_rules(wanted.name, trial)
            self.check(replace(wanted, lifecycle=trial), "lifecycle")
        self._put_rules(wanted.name, rules)

    def _put_rules(self, name: str, rules: tuple[LifecycleRule, ...]) -> None:
        self.s3.call(
            "PutBucketLifecycleConfiguration",
            Bucket=name,
            LifecycleConfiguration={"Rules": [to_s3(rule) for rule in rules]},
        )

    def _write_policy(self, wanted: BucketWanted) -> None:
        document = wanted.policy_document
        if document is None:
            self.s3.call("DeleteBucketPolicy", Bucket=wanted.name)
        else:
            self.s3.call("PutBucketPolicy", Bucket=wanted.name, Policy=document)

    def _write_quota(self, wanted: BucketWanted) -> None:
        if wanted.quota is not None:
            set_bucket_quota(self.admin, wanted.name, wanted.owner, wanted.quota)

    def _rules(self, name: str) -> list[dict[str, Any]]:
        answer = self.s3.call(
            "GetBucketLifecycleConfiguration",
            absent=("NoSuchLifecycleConfiguration",),
            Bucket=name,
        )
        return list(answer["Rules"]) if answer else []

    def _policy(self, name: str) -> str | None:
        answer = self.s3.call("GetBucketPolicy", absent=("NoSuchBucketPolicy",), Bucket=name)
        if answer is None:
            return None
        text = str(answer["Policy"])
        try:
            json.loads(text)
        except ValueError:
            return json.dumps({"Statement": [], "not JSON": text})
        return text


def owned_by_another(bucket: str, wanted: str, actual: str) -> LakesteadError:
    """The error for a bucket that belongs to somebody else."""
    return LakesteadError(
        f"Bucket {bucket} belongs to another user",
        found=f"owner {actual}",
        expected=f"owner {wanted}, or no such bucket",
        do="choose another name in object_storage.buckets; whether it is to change hands is yours "
        f"to say: radosgw-admin bucket link --bucket={bucket} --uid={wanted}",
    )
