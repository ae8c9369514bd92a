"""The journals of this process: one run per cluster, begun by the first write, ended with pyinfra's run.

Dry runs, and runs that write nothing, leave no journal and take no lock.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import Any

from lakestead.errors import WrongUsage
from lakestead.journal import unfinished
from lakestead.journal.run import About, Item, Result, Run, Write
from lakestead.journal.undo import Undo
from lakestead.kube.client import Api
from lakestead.plan.change import Change

_runs: dict[Api, Run] = {}
_about = About()
_wait: float | None = None
_current: ContextVar[Write | None] = ContextVar("write", default=None)

Say = Callable[[str], None]
UNKNOWN = Undo("none", cannot="nobody has said how")


def describe(about: About, lock_wait: float | None = None) -> None:
    """What the journals of this process say of it; call it before the first write.

    + lock_wait: seconds to wait for another run; by default ``$LAKESTEAD_LOCK_WAIT``, else 0
    """
    global _about, _wait
    _about, _wait = about, lock_wait


def takes_back(run_id: str) -> None:
    """Say that this run takes run ``run_id`` back."""
    global _about
    _about = replace(_about, takes_back=run_id)


def run_of(api: Api) -> Run:
    """This process's run in a cluster."""
    if api not in _runs:
        if not _runs:
            atexit.register(finish, "interrupted")
        _runs[api] = Run(api, lambda: _about)
    return _runs[api]


def lock(api: Api, say: Say = print) -> None:
    """Take a cluster's lock now, and not only before the first write; ``finish`` gives it back.

    Raises Locked, which names the holder.
    """
    run_of(api).lock(_lock_wait(), say)


def begin(api: Api, items: Sequence[Item], say: Say = print) -> list[Write]:
    """Journal that several things will be written now, with one flush to the disk.

    Call ``done`` or ``failed`` of each of the answered writes when it has ended.
    """
    return run_of(api).begin(items, _lock_wait(), say)


@contextmanager
def writing(api: Api, item: Item, say: Say = print) -> Iterator[Write]:
    """Journal one write: before its body, and how the body ended."""
    [write] = begin(api, [item], say)
    token = _current.set(write)
    try:
        yield write
    except Exception as error:
        write.failed(str(error))
        raise
    else:
        write.done()
    finally:
        _current.reset(token)


def note(**facts: Any) -> None:
    """Inside of ``writing``: keep what a rollback will need, on the disk when this returns."""
    write = _current.get()
    if write is not None:
        write.note(**facts)


def item_of(label: str, change: Change | None, undo: Undo | None) -> Item:
    """A write as the journal names it.

    + label: what the command is called; used where there is no ``change``
    """
    if change is None:
        return Item(label, undo or UNKNOWN)
    return Item(f"{change.action} {change.kind} {change.name}", undo or UNKNOWN, change.action)


def finish(result: Result, *, executed: bool = False) -> None:
    """End all runs of this process, give their locks back, and forget what was said of them.

    + executed: a whole deploy was executed; where that was ``done``, it has finished what runs of the
      same deploy before it, which have no end, had begun
    """
    global _about, _wait
    for api, run in list(_runs.items()):
        run.end(result)
        del _runs[api]
        if executed and result == "done" and not _about.takes_back:
            unfinished.close(api, run.run_id, _about)
    _about, _wait = About(), None


def _lock_wait() -> float:
    if _wait is not None:
        return _wait
    text = os.environ.get("LAKESTEAD_LOCK_WAIT", "0")
    try:
        return max(0.0, float(text))
    except ValueError:
        raise WrongUsage(
            "LAKESTEAD_LOCK_WAIT is no number of seconds", found=text, expected="as 600"
        ) from None
