"""What is to be done so that a user of the object gateway is as it is wanted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from lakestead.plan.change import Action, Change
from lakestead.plan.diff import text_diff
from lakestead.plan.quota import Quota

Setting = Literal["user", "attributes", "caps", "quota", "key"]


@dataclass(frozen=True, slots=True)
class User:
    """A user of the object gateway, without the secrets.

    + caps: admin capabilities, ``{"usage": "read"}``; ``read``, ``write`` or ``*``
    + max_buckets: how many buckets the user may own; 0 is any number, -1 none
    + access_keys: the public halves of the user's S3 keys; of no matter in what is wanted
    """

    uid: str
    display_name: str
    max_buckets: int
    caps: Mapping[str, str] = field(default_factory=dict)
    quota: Quota | None = None
    suspended: bool = False
    access_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UserStep:
    """One write that brings a user nearer to what is wanted, and how it is shown."""

    setting: Setting
    change: Change


def plan_user(wanted: User, found: User | None) -> list[UserStep]:
    """The writes that make ``found`` into ``wanted``, in the order in which to do them.

    + wanted: a quota of None is left as it is
    + found: None where there is no such user
    """
    if found is None:
        steps = [_step("user", "create", "RGW user", wanted.uid, None, _attributes(wanted))]
        if wanted.quota not in (None, Quota()):
            steps.append(_quota(wanted, None))
        return steps
    steps = []
    before, after = _identity(found), _identity(wanted)
    if before != after:
        steps.append(
            _step("attributes", "update", "RGW user", wanted.uid, _yaml(before), _yaml(after))
        )
    if dict(wanted.caps) != dict(found.caps):
        before, after = _caps(found), _caps(wanted)
        steps.append(
            _step("caps", "update", "caps of RGW user", wanted.uid, _yaml(before), _yaml(after))
        )
    if wanted.quota is not None and wanted.quota != found.quota:
        steps.append(_quota(wanted, found))
    if not found.access_keys:
        steps.append(_step("key", "create", "S3 key of RGW user", wanted.uid, None, "generated\n"))
    return steps


def differences(wanted: User, found: User | None) -> list[tuple[str, str, str]]:
    """(setting, wanted, got) for everything that is not as wanted."""
    if found is None:
        return [("user", wanted.uid, "no such user")]
    pairs: list[tuple[str, object, object]] = [
        ("display_name", wanted.display_name, found.display_name),
        ("max_buckets", wanted.max_buckets, found.max_buckets),
        ("caps", _words(wanted.caps), _words(found.caps)),
    ]
    if wanted.quota is not None:
        pairs.append(("quota", wanted.quota, found.quota))
    return [(name, str(want), str(got)) for name, want, got in pairs if want != got]


def _quota(wanted: User, found: User | None) -> UserStep:
    before = found.quota if found else None
    return _step(
        "quota",
        "update" if found else "create",
        "quota of RGW user",
        wanted.uid,
        f"{before}\n" if before else None,
        f"{wanted.quota}\n",
    )


def _identity(user: User) -> dict[str, str]:
    return {"display_name": user.display_name, "max_buckets": str(user.max_buckets)}


def _caps(user: User) -> dict[str, str]:
    return {"caps": _words(user.caps)}


def _attributes(user: User) -> str:
    return _yaml({**_identity(user), **(_caps(user) if user.caps else {})})


def _words(caps: Mapping[str, str]) -> str:
    return ", ".join(f"{kind}={caps[kind]}" for kind in sorted(caps)) or "none"


def _yaml(values: Mapping[str, str]) -> str:
    return "".join(f"{name}: {value}\n" for name, value in values.items())


def _step(
    setting: Setting, action: Action, kind: str, name: str, before: str | None, after: str | None
) -> UserStep:
    return UserStep(setting, Change(kind, name, action, text_diff(before, after, name)))
