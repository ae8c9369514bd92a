"""What a journal says: one run, its writes, and how it ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from lakestead.journal import file
from lakestead.journal.alive import is_locked
from lakestead.journal.undo import Undo

State = Literal["done", "failed", "in flight"]


@dataclass(slots=True)
class RecordedWrite:
    """One write.

    + number: 1, 2, … in the order in which they were begun
    + what: ``create Deployment ns/name``, or what the command is called
    + action: of its change; empty where it is not one change
    + state: ``in flight`` where the run was killed before it knew how the write ended
    + facts: what was learned while it was done, as the commit's id
    """

    number: int
    what: str
    action: str
    undo: Undo
    state: State = "in flight"
    facts: dict[str, Any] = field(default_factory=dict)
    error: str = ""


@dataclass(slots=True)
class RecordedRun:
    """One run.

    + begin: the first record: ``run``, ``at``, ``who``, ``deploy``, ``inventory``, ``plan``
    + result: ``done``, ``failed``, ``interrupted``; empty where it has no end
    + finished_by: the run that has done the rest of a run without an end
    + rolled_back_by: the run that took it back
    """

    path: Path
    begin: Mapping[str, Any] = field(default_factory=dict)
    writes: list[RecordedWrite] = field(default_factory=list)
    result: str = ""
    ended_at: str = ""
    finished_by: str = ""
    rolled_back_by: str = ""

    @property
    def run_id(self) -> str:
        """The run's name."""
        return self.path.stem

    @property
    def in_flight(self) -> list[RecordedWrite]:
        """Writes of which the run did not learn how they ended."""
        return [write for write in self.writes if write.state == "in flight"]

    @property
    def fate(self) -> str:
        """How it ended, in words."""
        words = self.result or ("did not end" if not is_locked(self.path) else "is running")
        if self.finished_by:
            words += f", finished by {self.finished_by}"
        if self.rolled_back_by:
            words += f", taken back by {self.rolled_back_by}"
        return words


def load(path: Path) -> RecordedRun:
    """The run whose journal ``path`` is."""
    return parse(path, file.read(path))


def parse(path: Path, records: Iterable[Mapping[str, Any]]) -> RecordedRun:
    """The run that ``records`` tell of."""
    run = RecordedRun(path)
    writes: dict[int, RecordedWrite] = {}
    for record in records:
        match record["type"]:
            case "begin":
                run.begin = record
            case "before":
                write = RecordedWrite(
                    record["seq"],
                    record["what"],
                    record.get("action", ""),
                    Undo.from_json(record["undo"]),
                )
                writes[write.number] = write
            case "note":
                writes[record["seq"]].facts |= record["facts"]
            case "after":
                write = writes[record["seq"]]
                write.state = "done" if record["ok"] else "failed"
                write.error = record.get("error", "")
                write.facts |= record.get("facts", {})
            case "end":
                run.result, run.ended_at = record["result"], record["at"]
            case "finished":
                run.finished_by = record["by"]
            case "rolled back":
                run.rolled_back_by = record["by"]
    run.writes = list(writes.values())
    return run
