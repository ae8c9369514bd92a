"""Plans and gates, one data file a case: what is wanted and found in, what is to be done out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from lakestead.gates.ceph import ceph_gates
from lakestead.plan import bucket_policy
from lakestead.plan.buckets import BucketState, BucketWanted, plan_bucket
from lakestead.plan.ceph_status import health_warnings
from lakestead.plan.lifecycle import LifecycleRule, from_s3, to_s3
from lakestead.plan.quota import Quota
from lakestead.plan.rgw_user import User, differences, plan_user

Case = dict[str, Any]


def cases(folder: str) -> Any:
    """A parameter ``case`` per file in ``folder``, named after the file."""
    files = sorted((Path(__file__).parent / folder).glob("*.yaml"))
    assert files, folder
    return pytest.mark.parametrize(
        "case", [pytest.param(yaml.safe_load(file.read_text()), id=file.stem) for file in files]
    )


@cases("user_plan")
def test_user_plan(case: Case) -> None:
    wanted = user(case["wanted"])
    found = user(case["found"]) if case["found"] else None
    steps = plan_user(wanted, found)
    assert [[step.setting, step.change.action] for step in steps] == case["steps"]
    if found and {step.setting for step in steps} - {"key"}:
        assert differences(wanted, found)


@cases("bucket_plan")
def test_bucket_plan(case: Case) -> None:
    steps = plan_bucket(bucket_wanted(case["wanted"]), bucket_state(case["found"]))
    assert [[step.setting, step.change.action] for step in steps] == case["steps"]
    assert case.get("diff", "") in "\n".join(step.change.diff for step in steps)


@cases("lifecycle")
def test_lifecycle_rule_in_one_spelling(case: Case) -> None:
    rule = LifecycleRule(**case["rule"])
    assert from_s3(case["s3"]) == rule
    if case.get("written"):
        assert to_s3(rule) == case["s3"]


@cases("policy")
def test_mistakes_of_a_policy(case: Case) -> None:
    assert bucket_policy.mistakes("lake", "lakehouse", case["statements"]) == case["mistakes"]


@cases("ceph_status")
def test_ceph_gates(case: Case) -> None:
    gates = ceph_gates(
        case["status"], case["object_store"], "storage/storage", "toolbox", "kubectl exec toolbox"
    )
    assert [str(gate) for gate in gates if gate.answer != "pass"] == case["blocking"]
    if "warnings" in case:
        assert health_warnings(case["status"]) == case["warnings"]


def user(data: Case) -> User:
    return User(
        **{
            **data,
            "quota": Quota(**data["quota"]) if "quota" in data else None,
            "access_keys": tuple(data.get("access_keys", ())),
        }
    )


def bucket_wanted(data: Case) -> BucketWanted:
    return BucketWanted(
        **{
            **data,
            "quota": Quota(**data["quota"]) if "quota" in data else None,
            "lifecycle": rules(data["lifecycle"]) if "lifecycle" in data else None,
            "policy": tuple(data["policy"]) if "policy" in data else None,
        }
    )


def bucket_state(data: Case | None) -> BucketState | None:
    if data is None:
        return None
    policy = data.pop("policy", None) or data.pop("stored_policy", None)
    return BucketState(
        **{
            **data,
            "quota": Quota(**data.get("quota", {})),
            "lifecycle": rules(data.get("lifecycle", [])),
            "policy": bucket_policy.stored(policy),
        }
    )


def rules(data: list[Case]) -> tuple[LifecycleRule, ...]:
    return tuple(LifecycleRule(**rule) for rule in data)
