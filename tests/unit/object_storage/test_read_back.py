"""A gateway that keeps something else than it was told is noticed, and no rule of its acts."""

from __future__ import annotations

from typing import Any

import pytest

from lakestead.errors import LakesteadError
from lakestead.plan.buckets import BucketWanted
from lakestead.plan.lifecycle import LifecycleRule
from lakestead.plan.quota import Quota
from lakestead.rgw import quirks
from lakestead.s3.buckets import Buckets


class Gateway:
    """One bucket in memory, of a gateway that drops size filters, or keeps all.

    Plays both clients: ``S3.call`` and ``AdminOps.get`` / ``AdminOps.call``.
    """

    endpoint = "http://gateway"

    def __init__(self, *, drops_sizes: bool, owner: str = "lakehouse") -> None:
        self.drops_sizes = drops_sizes
        self.owner = owner
        self.rules: list[dict[str, Any]] = []
        self.statuses: list[list[str]] = []
        self.quota = {"enabled": False, "max_size": -1, "max_objects": -1}

    def call(self, operation: str, *arguments: Any, **parameters: Any) -> Any:
        if operation == "PutBucketLifecycleConfiguration":
            self.rules = parameters["LifecycleConfiguration"]["Rules"]
            self.statuses.append([rule["Status"] for rule in self.rules])
            if self.drops_sizes:
                for rule in self.rules:
                    rule["Filter"].pop("ObjectSizeGreaterThan", None)
            return {}
        answers: dict[str, Any] = {
            "GetBucketLifecycleConfiguration": {"Rules": self.rules} if self.rules else None,
            "GetBucketPolicy": None,
            "GetBucketVersioning": {},
        }
        return answers[operation]

    def get(self, path: str, **parameters: Any) -> Any:
        return {"owner": self.owner, "bucket_quota": self.quota}


LARGE = LifecycleRule("large", size_greater_than=1024, expire_days=1)
OLD = LifecycleRule("old", prefix="tmp/", expire_days=1)


def buckets(gateway: Gateway) -> Buckets:
    return Buckets(gateway, gateway)  # type: ignore[arg-type]


def test_a_dropped_filter_is_named_and_its_rule_never_enabled() -> None:
    gateway = Gateway(drops_sizes=True)
    with pytest.raises(LakesteadError) as error:
        buckets(gateway).write(
            BucketWanted("lake", "lakehouse", lifecycle=(LARGE, OLD)), "lifecycle"
        )
    assert gateway.statuses == [["Disabled", "Disabled"]]
    assert "lifecycle of bucket lake" in error.value.what
    assert "size_greater_than: 1024" in error.value.expected
    assert "size_greater_than" not in error.value.found


def test_rules_that_read_back_whole_are_enabled_and_old_ones_stay_enabled() -> None:
    gateway = Gateway(drops_sizes=False)
    buckets(gateway).write(BucketWanted("lake", "lakehouse", lifecycle=(OLD,)), "lifecycle")
    buckets(gateway).write(BucketWanted("lake", "lakehouse", lifecycle=(LARGE, OLD)), "lifecycle")
    assert gateway.statuses == [
        ["Disabled"],
        ["Enabled"],
        ["Disabled", "Enabled"],
        ["Enabled", "Enabled"],
    ]


def test_a_quota_that_is_kept_otherwise_is_named() -> None:
    gateway = Gateway(drops_sizes=False)
    wanted = BucketWanted("lake", "lakehouse", quota=Quota(max_size=1024**3))
    with pytest.raises(LakesteadError) as error:
        buckets(gateway).check(wanted)
    assert (error.value.found, error.value.expected) == (
        "unlimited",
        "1Gi, any number of objects",
    )


def test_a_bucket_of_another_user_is_refused() -> None:
    with pytest.raises(LakesteadError, match="belongs to another user"):
        buckets(Gateway(drops_sizes=False, owner="somebody")).read("lake", "lakehouse")


@pytest.mark.parametrize(
    ("version", "refused"),
    [("18.2.7", ["large"]), ("16.2.9", ["large"]), ("20.1.0", []), ("", [])],
)
def test_what_a_version_is_known_to_drop_is_refused_beforehand(
    version: str, refused: list[str]
) -> None:
    found = quirks.dropped(version, (LARGE, OLD))
    assert [rule.id for rule, _ in found] == refused
