"""Ctrl-C ends a run with a message and exit code 1; pyinfra's own handler says 0, which is success."""

from __future__ import annotations

import signal
import sys
from types import FrameType

import pyinfra


def fail_on_interrupt() -> None:
    """Install the handler, where pyinfra's command line is running."""
    if pyinfra.is_cli:
        signal.signal(signal.SIGINT, _interrupted)


def _interrupted(number: int, frame: FrameType | None) -> None:
    print(
        "\nInterrupted. What was done stays; run the same command again to finish it.",
        file=sys.stderr,
    )
    sys.exit(1)
