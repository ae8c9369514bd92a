"""A bucket's policy in one spelling, and what is wrong with one before it is written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

Statement = Mapping[str, Any]

VERSION = "2012-10-17"
USER_ARN = "arn:aws:iam::"
# Without these the owner can neither see nor take back a policy: on Ceph a Deny binds the owner too.
NEEDED_BY_OWNER = ("s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy")


def document(statements: Iterable[Statement]) -> str:
    """The policy as ``PutBucketPolicy`` wants it; equal policies give equal texts.

    ``"s3:GetObject"`` and ``["s3:GetObject"]`` say the same, as do lists in another order.
    """
    policy = {"Version": VERSION, "Statement": [_one_spelling(item) for item in statements]}
    return json.dumps(policy, sort_keys=True)


def stored(text: str | None) -> str | None:
    """A policy as ``GetBucketPolicy`` answers it, in the spelling of ``document``."""
    if text is None:
        return None
    policy = json.loads(text)
    statements = policy.get("Statement", [])
    made = document([statements] if isinstance(statements, dict) else statements)
    rest = {key: value for key, value in policy.items() if key not in ("Statement", "Version")}
    if rest or policy.get("Version") != VERSION:
        return json.dumps({**json.loads(made), **policy}, sort_keys=True)
    return made


def pretty(text: str | None) -> str | None:
    """A policy over several lines, for a diff."""
    return None if text is None else json.dumps(json.loads(text), indent=2, sort_keys=True) + "\n"


def users(statements: Iterable[Statement]) -> list[str]:
    """The uids that the statements name: ``arn:aws:iam:::user/UID``, ``tenant$UID`` of a tenant."""
    found = set()
    for statement in statements:
        for arn in _principals(statement):
            if arn.startswith(USER_ARN) and ":user/" in arn:
                tenant, _, uid = arn.removeprefix(USER_ARN).partition(":user/")
                found.add(f"{tenant}${uid}" if tenant else uid)
    return sorted(found)


def mistakes(bucket: str, owner: str, statements: Iterable[Statement]) -> list[str]:
    """What the gateway would accept without a word although it cannot be meant."""
    found = []
    for number, statement in enumerate(statements, 1):
        name = f"statement {statement.get('Sid') or number}"
        for resource in _list(statement["Resource"]):
            target = resource.removeprefix("arn:aws:s3:::").partition("/")[0]
            if not fnmatchcase(bucket, target):
                found.append(f"{name}: Resource {resource} is not of bucket {bucket}")
        if statement["Effect"] == "Deny" and _binds(statement, owner):
            lost = [
                action
                for action in NEEDED_BY_OWNER
                if any(fnmatchcase(action, pattern) for pattern in _list(statement["Action"]))
            ]
            if lost:
                found.append(
                    f"{name}: denies {', '.join(lost)} to the owner {owner}, "
                    "who could then never change the policy again"
                )
    return found


def everybody(statements: Iterable[Statement] | None) -> bool:
    """Whether something is allowed to everybody, or it is not known."""
    if statements is None:
        return True
    return any(item["Effect"] == "Allow" and "*" in _principals(item) for item in statements)


def _binds(statement: Statement, owner: str) -> bool:
    return "*" in _principals(statement) or owner in users([statement])


def _principals(statement: Statement) -> list[str]:
    principal = statement["Principal"]
    return _list(principal.get("AWS", []) if isinstance(principal, Mapping) else principal)


def _one_spelling(statement: Statement) -> dict[str, Any]:
    made = dict(statement)
    for name in ("Action", "Resource"):
        if name in made:
            made[name] = sorted(_list(made[name]))
    principal = made.get("Principal")
    if principal == "*":
        made["Principal"] = {"AWS": ["*"]}
    elif isinstance(principal, Mapping):
        made["Principal"] = {kind: sorted(_list(names)) for kind, names in principal.items()}
    if made.get("Condition"):
        made["Condition"] = {
            test: {key: sorted(_list(values)) for key, values in keys.items()}
            for test, keys in made["Condition"].items()
        }
    return made


def _list(value: Any) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list | tuple) else [str(value)]
