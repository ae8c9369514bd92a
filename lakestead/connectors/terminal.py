"""How a run ends when somebody interrupts it, or when there is nobody to answer its question."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import gevent
import pyinfra
from pyinfra.api.state import State

from lakestead.errors import INTERRUPTED, LakesteadError

AGAIN = 2.0
"""Seconds after which a second Ctrl-C means: do not wait for whatever ends the run."""


def end_cleanly(state: State) -> None:
    """Let Ctrl-C, and a question without a terminal, end pyinfra's run with a message and exit code 1.

    pyinfra's own command line ends with 0, which is success, and with a traceback.
    """
    cli = sys.modules.get("pyinfra_cli.cli")
    if not pyinfra.is_cli or cli is None:
        return  # it is lakestead's command line, or none

    def end() -> None:
        print(
            "\nInterrupted. What was done stays; run the same command again to finish it.",
            file=sys.stderr,
        )
        if state.pool is not None:
            state.pool.kill(block=False)  # operations too, and not only who waits for them
        raise_in_main(SystemExit(1))

    on_interrupt(end, signal.SIGINT)
    cli.input = _answer if has_terminal() else _nobody  # type: ignore[attr-defined]


def on_interrupt(end: Callable[[], None], *numbers: signal.Signals) -> None:
    """Call ``end`` when a signal has come, between the turns of the greenlets.

    Never in the middle of whatever is at work: an exception there can leave a lock taken for ever, that of
    the log for one, and then nothing ends. The same signal once more ends the process at once.

    + end: called in gevent's hub, where it must not wait
    """
    hub = gevent.get_hub()
    first: list[float] = []

    def came(number: int, frame: FrameType | None) -> None:
        if not first:
            first.append(time.monotonic())
            hub.loop.run_callback_threadsafe(end)
        elif time.monotonic() - first[0] > AGAIN:
            os.write(2, b"\nEnded at once. The next run goes on from here.\n")
            os._exit(INTERRUPTED)

    for number in numbers:
        signal.signal(number, came)


def raise_in_main(error: BaseException) -> None:
    """Raise ``error`` in the main greenlet, where it waits."""
    gevent.kill(gevent.get_hub().parent, error)


@contextmanager
def asking() -> Iterator[None]:
    """While somebody is asked, Ctrl-C raises KeyboardInterrupt at once: nobody else has a turn."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def has_terminal() -> bool:
    """Whether somebody can answer."""
    return bool(sys.stdin) and sys.stdin.isatty()


def _answer() -> str:
    try:
        with asking():
            return input()
    except KeyboardInterrupt:
        raise LakesteadError("Interrupted: pyinfra's question was not answered.") from None


def _nobody() -> str:
    raise LakesteadError(
        "pyinfra asks whether to go on, and there is no terminal to answer it. Nothing was changed.",
        do="run it with -y, or with --dry to see what would change",
    )
