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


def show(host: Host, changes: Iterable[Change]) -> None:
    """Log one line per change that is pending, and its diff when pyinfra runs with ``--diff``.

    Call it before the operation's first ``yield``: a dry run stops there. What was shown in prepare
    is not shown again when it is executed; with ``-y`` there is no such preparation.
    """
    if _shown_before():
        return
    for change in changes:
        if not change.pending:
            continue
        line = str(change)
        logger.info(f"{host.print_prefix}{click.style(line, COLOURS[line[0]])}")
        if state.config.DIFF and change.diff:
            for text in change.diff.splitlines():
                logger.info(f"{host.print_prefix}    {click.style(text, _diff_colour(text))}")


def say_once(host: Host, text: str) -> None:
    """Log something that an operation found, once a run."""
    if not _shown_before():
        logger.info(f"{host.print_prefix}{text}")


def progress(host: Host) -> Callable[[str], None]:
    """Logs what a host's operation waits for: one line, whatever was written."""
    prefix = host.print_prefix
    return lambda text: logger.info(f"{prefix}  waits for {' '.join(text.split())[:200]}")


def _shown_before() -> bool:
    return bool(state.is_executing and state.check_for_changes)


def _diff_colour(line: str) -> str | None:
    return {"+": "green", "-": "red", "@": "cyan"}.get(line[:1])
