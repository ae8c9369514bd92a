"""This run, in one cluster: it takes the lock before its first write and journals each."""

from __future__ import annotations

import getpass
import itertools
import os
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from lakestead.journal import places
from lakestead.journal.alive import Alive, is_dead
from lakestead.journal.file import VERSION, JournalFile
from lakestead.journal.undo import Undo
from lakestead.kube.client import Api
from lakestead.kube.identity import cluster_uid
from lakestead.kube.lease import Lease

Result = Literal["done", "failed", "interrupted"]


@dataclass(frozen=True, slots=True)
class About:
    """What a run is, as its journal's first record says.

    + deploy, inventory: as they were named on the command line
    + plan: id of the plan that is applied; empty where there is none
    + takes_back: the run that is rolled back; empty for an ordinary run
    + objective: ID of the one that is executed; empty for a run of a deploy
    """

    deploy: str = ""
    inventory: str = ""
    plan: str = ""
    takes_back: str = ""
    objective: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that is about to be written.

    + what: in words, without secrets: ``create Deployment ns/name``
    + action: ``create``, ``update``, ``delete``; empty where it is not one of them
    """

    what: str
    undo: Undo
    action: str = ""


class Write:
    """One write that was begun; say how it ended."""

    def __init__(self, run: Run, number: int) -> None:
        self._run = run
        self.number = number

    def note(self, **facts: Any) -> None:
        """Keep what a rollback will need, before it is visible to others: a commit's id."""
        self._run.record({"type": "note", "seq": self.number, "facts": facts}, sync=True)

    def done(self, **facts: Any) -> None:
        """It succeeded."""
        record: dict[str, Any] = {"type": "after", "seq": self.number, "at": _now(), "ok": True}
        self._run.record(record | ({"facts": facts} if facts else {}), sync=False)

    def failed(self, error: str) -> None:
        """It did not succeed; whether something of it was done is looked at when it matters.

        + error: the first line is kept; no secrets
        """
        line = (error.strip() or "no reason given").splitlines()[0][:300]
        record = {"type": "after", "seq": self.number, "at": _now(), "ok": False, "error": line}
        self._run.record(record, sync=False)


class Run:
    """What this process does in one cluster.

    + api: the cluster
    + about: what the journal's first record says; read when the first write begins
    """

    def __init__(self, api: Api, about: Callable[[], About]) -> None:
        self.api = api
        self.run_id = places.new_run_id()
        self._about = about
        self._lease = Lease(api, f"{who()} pid {os.getpid()} run {self.run_id}")
        self._file: JournalFile | None = None
        self._alive: Alive | None = None
        self._opening = threading.RLock()
        self._numbers = itertools.count(1)

    @property
    def wrote(self) -> bool:
        """Whether it has begun a write."""
        return self._file is not None

    def lock(self, wait: float, say: Callable[[str], None]) -> None:
        """Take the cluster's lock, unless this run has it; raises Locked where another run does."""
        with self._opening:
            if self._alive is None:
                self._alive = Alive(self.run_id)
            if not self._lease.held:
                self._lease.acquire(wait, say, _is_dead)

    def begin(self, items: Sequence[Item], wait: float, say: Callable[[str], None]) -> list[Write]:
        """Say in the journal that ``items`` will be written now; returns when that is on the disk.

        Raises Locked where another run has the cluster, LockLost where it took it from this one.
        """
        with self._opening:
            self.lock(wait, say)
            self._lease.check()
            if self._file is None:
                path = places.cluster_dir(cluster_uid(self.api)) / (self.run_id + places.OPEN)
                self._file = JournalFile(path)
                self._file.append(self._first_record())
            writes = [Write(self, next(self._numbers)) for _ in items]
            self._file.append(
                *(_before(write, item) for write, item in zip(writes, items, strict=True))
            )
        return writes

    def record(self, record: Mapping[str, Any], *, sync: bool) -> None:
        """Add a record about a write that was begun."""
        if self._file is not None:
            # The next `before`, or the end, brings what is not synced to the disk.
            self._file.append(record, sync=sync)

    def end(self, result: Result) -> None:
        """Close the journal and give the lock back."""
        with self._opening:
            if self._file is not None:
                self._file.append({"type": "end", "at": _now(), "result": result})
                self._file.close()
                self._file = None
            released = self._lease.release()
            if self._alive is not None:
                self._alive.end(holds_the_lock=not released)
                self._alive = None

    def _first_record(self) -> dict[str, Any]:
        about = self._about()
        return {
            "type": "begin",
            "version": VERSION,
            "run": self.run_id,
            "at": _now(),
            "who": who(),
            "pid": os.getpid(),
            "cluster": cluster_uid(self.api),
            "deploy": about.deploy,
            "inventory": about.inventory,
            "plan": about.plan,
            "takes_back": about.takes_back,
            "objective": about.objective,
        }


def who() -> str:
    """``user@host``."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"


def _is_dead(holder: str) -> bool:
    """Whether the lock's holder was a run of this workstation whose process is gone."""
    return is_dead(holder.rpartition(" run ")[2])


def _before(write: Write, item: Item) -> dict[str, Any]:
    return {
        "type": "before",
        "seq": write.number,
        "at": _now(),
        "what": item.what,
        "action": item.action,
        "undo": item.undo.as_json(),
    }


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
