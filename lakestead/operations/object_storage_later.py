"""What cannot be planned yet, because an earlier operation of the same run writes its key."""

from __future__ import annotations

from dataclasses import replace

from pyinfra import host, state

from lakestead.errors import LakesteadError
from lakestead.operations.command import ApiCommand, failure
from lakestead.operations.show import show
from lakestead.plan.change import Change
from lakestead.rgw.failures import WRONG_KEY, RgwError


def later(secret: str, *changes: Change, because: LakesteadError | None = None) -> ApiCommand:
    """Show ``changes`` as known after apply; while operations are executed, raise instead.

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
    show(host, [replace(change, why=why) for change in changes])
    return failure(error)


def is_wrong_key(error: LakesteadError) -> bool:
    """Whether the gateway refused the key itself, which a run replaces where it is the user's."""
    return isinstance(error, RgwError) and error.code in WRONG_KEY
