"""Which runs of this workstation live: each holds the lock of a file as long as its process is there."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from lakestead.errors import LakesteadError
from lakestead.journal import places

# Seconds after which a dead run's file is swept away; its lock in the cluster has long run out.
OLD = 24 * 3600.0


class Alive:
    """Says that run ``run_id`` lives, until ``end`` or the process's own."""

    def __init__(self, run_id: str) -> None:
        self._path = _path(run_id)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _sweep(self._path.parent)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
            self._descriptor = os.open(self._path, flags, 0o600)
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        except OSError as error:
            raise LakesteadError(
                "The folder of the journal cannot be written, so nothing is changed",
                where=str(self._path.parent),
                found=error.strerror or str(error),
                do="make room or set LAKESTEAD_STATE_DIR to a folder that can be written",
            ) from None

    def end(self, *, holds_the_lock: bool = False) -> None:
        """It lives no more.

        + holds_the_lock: it could not give the cluster's lock back, so others have to know that it is
          dead; else nobody needs to ask
        """
        if not holds_the_lock:
            self._path.unlink(missing_ok=True)
        os.close(self._descriptor)


def is_dead(run_id: str) -> bool:
    """Whether a run of this workstation was killed, or ended and could not give the cluster's lock back.

    False also for runs that it knows nothing of.
    """
    path = _path(run_id)
    return path.is_file() and not is_locked(path)


def is_locked(path: Path) -> bool:
    """Whether a process holds the lock of a file; the kernel frees it with the process."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _path(run_id: str) -> Path:
    return places.state_dir().with_name("alive") / run_id


def _sweep(folder: Path) -> None:
    for path in folder.iterdir():
        if time.time() - path.stat().st_mtime > OLD and not is_locked(path):
            path.unlink(missing_ok=True)
