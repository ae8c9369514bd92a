"""What happens to a run when one of its hosts fails.

The hosts of an inventory here are the parts of one platform: what one stage leaves behind, the next
builds on. So a run stops at the first failed host, with one message and exit code 1, where pyinfra
with ``-y`` would go on with the others, and where it would ask a question that nobody can answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyinfra.api.exceptions import ConnectError
from pyinfra.api.state import StateStage

from lakestead.connectors.terminal import has_terminal
from lakestead.errors import LakesteadError

if TYPE_CHECKING:
    from pyinfra.api.state import State

_said: set[str] = set()


def stop_at_first(state: State) -> None:
    """Let ``state`` end its run when a host fails.

    pyinfra's own question ("continue?") stays where there is a terminal and no ``-y``, and its
    ``--fail-percent`` is respected.
    """
    asks = state.should_raise_failed_hosts is not None and has_terminal()
    if asks or state.should_raise_failed_hosts is _stop:
        return
    state.should_raise_failed_hosts = _stop
    if state.config.FAIL_PERCENT is None:
        state.config.FAIL_PERCENT = 0


def connect_error(error: Exception) -> ConnectError:
    """``error`` as the one kind that a connector may raise.

    The second host of the same cluster does not repeat a long message.
    """
    text = str(error) or type(error).__name__
    if text in _said:
        return ConnectError(text.split("\n")[0] + " (as said above)")
    _said.add(text)
    return ConnectError(text)


def _stop(state: State) -> bool:
    names = ", ".join(sorted(host.name for host in state.failed_hosts))
    if state.current_stage == StateStage.Connect:
        raise LakesteadError(
            f"Cannot connect to {names}; nothing was changed",
            do="see the message above, or leave hosts out with --limit",
        )
    if state.current_stage == StateStage.Prepare:
        raise LakesteadError(f"{names} failed, see above; nothing was changed")
    raise LakesteadError(
        f"{names} failed, see above; the run stops here, since what follows builds on it",
        do="repair what the message says and run the same command again: "
        "what is done already is not done twice",
    )
