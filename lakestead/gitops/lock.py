"""A lock between runs of Lakestead on one workstation."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lakestead.kube.wait import wait_for

TIMEOUT = 120.0


@contextmanager
def locked(path: Path, what: str, timeout: float = TIMEOUT) -> Iterator[int]:
    """Hold the lock file ``path``; yields its descriptor.

    A child that inherits the descriptor holds the lock too, so that it stays held while a command of a
    killed run still works. The kernel frees it with the last holder.

    + what: what it guards, for the message
    + timeout: seconds to wait for another holder; then LakesteadError names it
    """

    def attempt() -> tuple[bool, str]:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 32, 0).decode() or "unknown"
            return False, f"process {holder} holds {path}"
        return True, ""

    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        wait_for(f"another run of Lakestead to be done with {what}", attempt, timeout, 0.2)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield descriptor
    finally:
        os.close(descriptor)
