"""What is to be done so that a bucket is as it is wanted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import yaml

from lakestead.plan import bucket_policy
from lakestead.plan.change import Action, Change
from lakestead.plan.diff import text_diff
from lakestead.plan.lifecycle import LifecycleRule
from lakestead.plan.quota import Quota

Setting = Literal["bucket", "versioning", "lifecycle", "policy", "quota"]
NO_QUOTA = Quota()
Versioning = Literal["Off", "Enabled", "Suspended"]


@dataclass(frozen=True, slots=True)
class BucketWanted:
    """A bucket as it is wanted; what is None is left as it is.

    + owner: uid of the user who owns it
    + versioning: False also accepts a bucket that never had it
    + lifecycle: all rules of the bucket, in order; an empty tuple: none
    + policy: its statements in the policy language of S3; an empty tuple: no policy
    """

    name: str
    owner: str
    versioning: bool | None = None
    lifecycle: tuple[LifecycleRule, ...] | None = None
    policy: tuple[Mapping[str, Any], ...] | None = None
    quota: Quota | None = None

    @property
    def policy_document(self) -> str | None:
        """The policy's text, None for no policy."""
        return bucket_policy.document(self.policy) if self.policy else None


@dataclass(frozen=True, slots=True)
class BucketState:
    """A bucket as the gateway has it.

    + policy: its text in the spelling of ``bucket_policy.document``
    """

    name: str
    owner: str
    versioning: Versioning = "Off"
    lifecycle: tuple[LifecycleRule, ...] = ()
    policy: str | None = None
    quota: Quota = NO_QUOTA


@dataclass(frozen=True, slots=True)
class BucketStep:
    """One write that brings a bucket nearer to what is wanted, and how it is shown."""

    setting: Setting
    change: Change


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A setting that the gateway does not have as it is wanted."""

    bucket: str
    setting: Setting
    wanted: str
    got: str


def plan_bucket(wanted: BucketWanted, found: BucketState | None) -> list[BucketStep]:
    """The writes that make ``found`` into ``wanted``, in the order in which to do them.

    + found: None where there is no such bucket
    """
    steps = []
    if found is None:
        steps.append(_step("bucket", wanted.name, "create", None, f"owner: {wanted.owner}\n"))
    state = found or BucketState(wanted.name, wanted.owner)
    for setting, want, got in _compared(wanted, state):
        if want != got:
            action: Action = "update" if found else "create"
            before = got if found else None
            steps.append(_step(setting, wanted.name, action, before, want))
    return steps


def mismatches(wanted: BucketWanted, found: BucketState) -> list[Mismatch]:
    """What a read-back shows to be other than it was written."""
    return [
        Mismatch(wanted.name, setting, want.rstrip(), got.rstrip())
        for setting, want, got in _compared(wanted, found)
        if want != got
    ]


def _compared(wanted: BucketWanted, found: BucketState) -> Iterable[tuple[Setting, str, str]]:
    """(setting, wanted, got) as texts, for every setting that is managed."""
    if wanted.versioning is not None:
        # A bucket that had versions once can only be suspended, never be without again.
        off = "Off" if found.versioning == "Off" else "Suspended"
        yield (
            "versioning",
            "Enabled\n" if wanted.versioning else f"{off}\n",
            f"{found.versioning}\n",
        )
    if wanted.quota is not None:
        yield "quota", f"{wanted.quota}\n", f"{found.quota}\n"
    if wanted.lifecycle is not None:
        yield "lifecycle", rules_text(wanted.lifecycle), rules_text(found.lifecycle)
    if wanted.policy is not None:
        yield (
            "policy",
            bucket_policy.pretty(wanted.policy_document) or "none\n",
            bucket_policy.pretty(found.policy) or "none\n",
        )


def rules_text(rules: tuple[LifecycleRule, ...]) -> str:
    """Lifecycle rules as YAML; equal rules give equal texts."""
    if not rules:
        return "none\n"
    text: str = yaml.safe_dump([rule.set_fields() for rule in rules], sort_keys=False, width=100)
    return text


def _step(
    setting: Setting, name: str, action: Action, before: str | None, after: str
) -> BucketStep:
    kind = "Bucket" if setting == "bucket" else f"{setting} of Bucket"
    return BucketStep(setting, Change(kind, name, action, text_diff(before, after, name)))
