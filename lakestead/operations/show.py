"""Show a plan while pyinfra prepares it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import click
from pyinfra import logger, state

from lakestead.plan.change import Change

if TYPE_CHECKING:
    from pyinfra.api.host import Host

COLOURS = {"+": "green", "~": "yellow", "-": "red", "=": "blue", "?": "cyan", "*": "cyan"}

Listener = Callable[["Host", str, list[Change]], None]

listeners: list[Listener] = []
"""Called with host, operation's name and all its changes, in prepare and again in execute.

One that raises LakesteadError stops the operation before it has written anything.
"""

Speaker = Callable[["Host", str, bool], None]

speakers: list[Speaker] = []
"""Called instead of the log with what operations find and wait for (True): host, text, waits."""


def show(host: Host, changes: Iterable[Change]) -> None:
    """Hand an operation's changes to the listeners, and log one line per change that is pending.

    Call it once, before the operation's first ``yield`` (a dry run stops there), with all changes,
    unchanged ones included: they are counted. Diffs are logged when pyinfra runs with ``--diff``.
    What was shown in prepare is not logged again when it is executed; with ``-y`` there is no such
    preparation.
    """
    everything = list(changes)
    for listener in tuple(listeners):
        listener(host, operation_name(host), everything)
    if _shown_before():
        return
    for change in everything:
        if not change.pending:
            continue
        line = str(change)
        logger.info(f"{host.print_prefix}{click.style(line, COLOURS[line[0]])}")
        if state.config.DIFF and change.diff:
            for text in change.diff.splitlines():
                logger.info(f"{host.print_prefix}    {click.style(text, _diff_colour(text))}")


def operation_name(host: Host) -> str:
    """The name of the operation whose body runs on ``host`` now; empty outside of one."""
    meta = state.op_meta.get(host.current_op_hash) if host.current_op_hash else None
    return " ".join(sorted(meta.names)) if meta else ""


def say_once(host: Host, text: str) -> None:
    """Log something that an operation found, once a run."""
    if not _shown_before():
        _say(host, text, False)


def tell(host: Host, text: str) -> None:
    """Log what an operation has found out while it was executed, whatever was shown before."""
    _say(host, text, False)


def progress(host: Host) -> Callable[[str], None]:
    """Tells what a host's operation waits for: one line, whatever was written."""
    return lambda text: _say(host, " ".join(text.split())[:200], True)


def _say(host: Host, text: str, waits: bool) -> None:
    for speaker in speakers:
        speaker(host, text, waits)
    if not speakers:
        logger.info(f"{host.print_prefix}{'  waits for ' if waits else ''}{text}")


def _shown_before() -> bool:
    return bool(state.is_executing and state.check_for_changes)


def _diff_colour(line: str) -> str | None:
    return {"+": "green", "-": "red", "@": "cyan"}.get(line[:1])
