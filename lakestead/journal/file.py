"""One journal on disk: JSON lines, appended and flushed to the disk, locked while its run lives."""

from __future__ import annotations

import fcntl
import json
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lakestead.errors import LakesteadError
from lakestead.journal.places import ENDED

VERSION = 1
"""Of the records; a reader refuses a newer one."""


class JournalFile:
    """A journal that this process writes.

    + path: ``….open``; it must not be there yet
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
            self._descriptor = os.open(path, flags, 0o600)
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
            _sync_folder(path.parent)
        except OSError as error:
            raise _cannot_write(path, error) from None

    def append(self, *records: Mapping[str, Any], sync: bool = True) -> None:
        """Write records, all of them or, where the machine dies, a first part.

        + sync: return only when they are on the disk
        """
        text = "".join(json.dumps(record, separators=(",", ":")) + "\n" for record in records)
        try:
            with self._lock:
                data = text.encode()
                while data:
                    data = data[os.write(self._descriptor, data) :]
                if sync:
                    os.fsync(self._descriptor)
        except OSError as error:
            raise _cannot_write(self.path, error) from None

    def close(self) -> None:
        """Give the lock back, and the name that says that the run has ended."""
        self.path = ended(self.path)
        os.close(self._descriptor)


def ended(path: Path) -> Path:
    """Rename ``RUN.open`` to ``RUN.jsonl``."""
    target = path.with_suffix(ENDED)
    path.rename(target)
    _sync_folder(path.parent)
    return target


def append_to_dead(path: Path, record: Mapping[str, Any]) -> None:
    """Add one record to the journal of a run that is over."""
    with path.open("r+b") as file:
        data = file.read()
        if data and not data.endswith(b"\n"):
            file.truncate(data.rfind(b"\n") + 1)
            file.seek(0, os.SEEK_END)
        file.write(json.dumps(record, separators=(",", ":")).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def read(path: Path) -> list[dict[str, Any]]:
    """A journal's records. A last line without its end, which a killed run may leave, is left out.

    Raises LakesteadError where another line is none, or a newer Lakestead wrote it.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise LakesteadError(
            "A journal cannot be read", where=str(path), found=error.strerror or str(error)
        ) from None
    records: list[dict[str, Any]] = []
    for number, line in enumerate(lines[:-1], 1):
        try:
            record = json.loads(line)
            if not isinstance(record, dict) or "type" not in record:
                raise ValueError
        except ValueError:
            raise LakesteadError(
                "A journal is damaged",
                where=f"{path}, line {number}",
                found=line[:60].decode("utf-8", "replace"),
                expected="a JSON object a line, as Lakestead writes them",
                do="restore it from a backup; or move it away: that run cannot be taken back then",
            ) from None
        records.append(record)
    version = records[0].get("version", VERSION) if records else VERSION
    if version > VERSION:
        raise LakesteadError(
            "A journal was written by a newer Lakestead",
            where=str(path),
            found=f"version {version}",
            expected=f"version {VERSION} at most",
            do="use the Lakestead that wrote it",
        )
    return records


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _cannot_write(path: Path, error: OSError) -> LakesteadError:
    return LakesteadError(
        "The journal cannot be written, so nothing more is",
        where=str(path),
        found=error.strerror or str(error),
        do="make room or set LAKESTEAD_STATE_DIR to a folder that can be written",
    )
