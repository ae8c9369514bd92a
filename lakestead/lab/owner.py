"""Whose lab is up: there is one network, so there is one lab a machine."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lakestead.errors import LakesteadError
from lakestead.lab import cgroup
from lakestead.lab.paths import lab_dir, run_dir


def claim() -> None:
    """Record that this lab is up."""
    run_dir().mkdir(parents=True, exist_ok=True, mode=0o711)
    _record().write_text(str(lab_dir()))


def release() -> None:
    """Record that no lab is up."""
    _record().unlink(missing_ok=True)


def recorded() -> Path | None:
    """Folder of the lab that was brought up last and not taken down since; it may have died."""
    try:
        return Path(_record().read_text())
    except OSError:
        return None


def other_lab() -> Path | None:
    """Folder of another lab that is up on this machine."""
    last = recorded()
    return last if last != lab_dir() and cgroup.processes() else None


@contextmanager
def alone(doing: str) -> Iterator[None]:
    """Hold the lab for one command; a second one is refused and told who is first.

    :param doing: the command, as the other one is told of it.
    :raises LakesteadError: if another command holds it.
    """
    file = lab_dir() / "lock"
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.seek(0)
            raise LakesteadError(
                f"`lakestead lab {doing}` must wait: another command holds the lab",
                where=str(file),
                found=handle.read().strip(),
                do="wait for it to end, then try again",
            ) from None
        handle.truncate(0)
        handle.write(f"lakestead lab {doing}, pid {os.getpid()}")
        handle.flush()
        yield


def _record() -> Path:
    return run_dir() / "lab"
