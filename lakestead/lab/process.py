"""Host programs of the lab: started once, known by pid and start time, stopped for certain.

A pid alone proves nothing (it is reused, and a zombie keeps it); so a process is recorded with the
kernel's start time and the command that it was started with.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from lakestead.lab import cgroup
from lakestead.lab.paths import lab_dir


@dataclass(frozen=True, slots=True)
class Running:
    """A live process: its id and its start time (clock ticks after boot)."""

    pid: int
    started: int


@dataclass(frozen=True, slots=True)
class Program:
    """One host program of the lab and how it is run.

    :param files: configuration that it reads when it starts; another content is another command.
    """

    name: str
    argv: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    files: tuple[Path, ...] = ()

    @property
    def log(self) -> Path:
        """File that its output goes to."""
        return lab_dir() / "logs" / f"{self.name}.log"

    def running(self) -> Running | None:
        """The process, if it lives and was started by this very command."""
        try:
            record = json.loads(self._record.read_text())
            recorded = Running(record["pid"], record["started"])
        except (OSError, ValueError, KeyError):
            return None
        if record.get("command") != self._command or start_time(recorded.pid) != recorded.started:
            return None
        return recorded

    def start(self) -> bool:
        """Start it unless it runs; an older one with another command is stopped first.

        :return: whether it was started.
        """
        if self.running():
            return False
        self.stop()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                self.argv,
                cwd="/",
                env={"PATH": os.environ["PATH"], **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=cgroup.enter_host,
            )
        started = start_time(process.pid)
        record = {"pid": process.pid, "started": started, "command": self._command}
        self._record.parent.mkdir(parents=True, exist_ok=True)
        partial = self._record.with_suffix(".partial")
        partial.write_text(json.dumps(record))
        partial.rename(self._record)
        return True

    def stop(self, patience: float = 10) -> None:
        """Ask it to end, and end it after ``patience`` seconds."""
        try:
            record = json.loads(self._record.read_text())
        except (OSError, ValueError):
            return
        pid = record["pid"]
        if start_time(pid) == record["started"]:
            end([pid], patience)
        self._record.unlink(missing_ok=True)

    def last_lines(self, count: int = 15) -> str:
        """The end of its log."""
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-count:])
        except OSError:
            return "(no log)"

    @property
    def _record(self) -> Path:
        return lab_dir() / "processes" / f"{self.name}.json"

    @property
    def _command(self) -> str:
        contents = [file.read_text() for file in self.files]
        text = json.dumps([self.argv, self.environment, contents])
        return hashlib.sha256(text.encode()).hexdigest()


def start_time(pid: int) -> int | None:
    """Start time of a live process in clock ticks after boot; None for none or a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    state, *rest = stat[stat.rindex(")") + 2 :].split()
    return None if state in "ZX" else int(rest[18])


def resident_bytes(pid: int) -> int:
    """Resident memory of a process in bytes (0 if it is gone)."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def end(pids: Iterable[int], patience: float) -> None:
    """Ask processes to end with SIGTERM, and end with SIGKILL those that have not after a while."""
    wanted = {pid: started for pid in pids if (started := start_time(pid)) is not None}
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in _left(wanted):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue
        deadline = time.monotonic() + (patience if number == signal.SIGTERM else 5)
        while _left(wanted) and time.monotonic() < deadline:
            time.sleep(0.05)


def _left(wanted: dict[int, int]) -> list[int]:
    return [pid for pid, started in wanted.items() if start_time(pid) == started]
