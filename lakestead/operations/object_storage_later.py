"""What cannot be planned yet, because an earlier operation of the same run makes its key."""

from __future__ import annotations

from dataclasses import replace

from pyinfra import host, state

from lakestead.errors import LakesteadError
from lakestead.operations.command import ApiCommand, failure
from lakestead.operations.show import show
from lakestead.plan.change import Change


def later(secret: str, *changes: Change) -> ApiCommand:
    """Show ``changes`` as known after apply; while operations are executed, raise instead.

    + secret: ``namespace/name`` of the Secret that is not there
    """
    missing = LakesteadError(
        f"Secret {secret} is not there",
        expected="an operation before this one to have made it",
        do="run the whole deploy",
    )
    if state.is_executing:
        raise missing
    why = f"Secret {secret} is made first"
    show(host, [replace(change, why=why) for change in changes])
    return failure(missing)
