"""How a run ends when somebody interrupts it, or when there is nobody to answer its question."""

from __future__ import annotations

import signal
import sys
from types import FrameType
from typing import NoReturn

import pyinfra

from lakestead.errors import LakesteadError


def end_cleanly() -> None:
    """Let Ctrl-C, and a question without a terminal, end the run with a message and exit code 1.

    pyinfra's own command line ends with 0, which is success, and with a traceback.
    """
    cli = sys.modules.get("pyinfra_cli.cli")
    if not pyinfra.is_cli or cli is None:
        return  # it is lakestead's command line, or none
    signal.signal(signal.SIGINT, _interrupted)
    if not has_terminal():
        cli.input = _nobody  # type: ignore[attr-defined]


def has_terminal() -> bool:
    """Whether somebody can answer."""
    return bool(sys.stdin) and sys.stdin.isatty()


def _interrupted(number: int, frame: FrameType | None) -> None:
    print(
        "\nInterrupted. What was done stays; run the same command again to finish it.",
        file=sys.stderr,
    )
    sys.exit(1)


def _nobody() -> NoReturn:
    raise LakesteadError(
        "pyinfra asks whether to go on, and there is no terminal to answer it. Nothing was changed.",
        do="run it with -y, or with --dry to see what would change",
    )
