"""What cannot be planned yet, because an earlier operation of the same run writes its key."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pyinfra import host, state

from lakestead.errors import LakesteadError
from lakestead.operations.command import ApiCommand, failure
from lakestead.operations.show import show
from lakestead.plan.change import Change
from lakestead.rgw.failures import WRONG_KEY, RgwError


def later(secret: str, *changes: Change, because: LakesteadError | None = None) -> ApiCommand:
    """Show ``changes``, those of an empty start, as known after apply; while operations are executed, raise instead.

    + secret: ``namespace/name`` of the Secret that has no key yet, or one that is replaced
    + because: what to raise; by default that the Secret is not there
    """
    error = because or LakesteadError(
        f"Secret {secret} is not there",
        expected="an operation before this one to have made it",
        do="run the whole deploy",
    )
    if state.is_executing:
        raise error
    why = f"Secret {secret} is written first"
    show(host, not_known(changes, why))
    return failure(error)


def not_known(changes: Iterable[Change], why: str) -> list[Change]:
    """What would be done where nothing was there yet, as known after apply.

    All of it, so that an apply of the plan does nothing that the plan does not have.
    """
    return [replace(change, action="known after apply", diff="", why=why) for change in changes]


def is_wrong_key(error: LakesteadError) -> bool:
    """Whether the gateway refused the key itself, which a run replaces where it is the user's."""
    return isinstance(error, RgwError) and error.code in WRONG_KEY
