"""What a person sees while a run goes on."""

from __future__ import annotations

import shutil
import sys
import time
from typing import IO

import click

from lakestead.report.events import (
    Event,
    OperationBegins,
    OperationEnds,
    RunBegins,
    RunEnds,
    Said,
)

QUIET = 5.0  # seconds between two lines on what is waited for, where there is no terminal
LOOK = {"done": ("✔", "green"), "unchanged": ("=", "blue"), "failed": ("✘", "red")}


class Progress:
    """One line when an operation has ended; on a terminal also one of what goes on now."""

    def __init__(self, file: IO[str] | None = None) -> None:
        self._file = file or sys.stderr
        self._live = self._file.isatty()
        self._now = ""
        self._last = 0.0

    def __call__(self, event: Event) -> None:
        if isinstance(event, RunBegins):
            self._status(f"{event.deploy}: looks at what is there …")
        elif isinstance(event, OperationBegins):
            self._now = f"{_count(event)} {event.operation}"
            self._status(f"{self._now} …")
        elif isinstance(event, Said):
            self._said(event)
        elif isinstance(event, OperationEnds):
            sign, colour = LOOK[event.result]
            took = f"  {event.seconds:.1f} s" if event.result != "unchanged" else ""
            text = f"{sign} {_count(event)} {event.operation}{took}"
            self._line(click.style(text, fg=colour))
        elif isinstance(event, RunEnds):
            self._clear()

    def clear(self) -> None:
        """Take the status line away before something else is printed."""
        self._clear()

    def _said(self, event: Said) -> None:
        if not event.waits:
            self._line(f"  {event.text}")
        elif self._live:
            self._status(f"{self._now}: waits for {event.text}")
        elif time.monotonic() - self._last >= QUIET:
            self._last = time.monotonic()
            self._line(f"  waits for {event.text}")

    def _status(self, text: str) -> None:
        if self._live:
            width = shutil.get_terminal_size().columns
            self._file.write("\r\x1b[2K" + text[: width - 1])
            self._file.flush()

    def _line(self, text: str) -> None:
        self._clear()
        click.echo(text, file=self._file)

    def _clear(self) -> None:
        if self._live:
            self._file.write("\r\x1b[2K")
            self._file.flush()


def _count(event: OperationBegins | OperationEnds) -> str:
    return f"{event.number:>{len(str(event.of))}}/{event.of}"
