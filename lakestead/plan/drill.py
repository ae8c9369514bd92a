"""A drill's comparison: the restored catalog against its backup, and against the catalog of today."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from lakestead.plan.backup import IcebergTable

Verdict = Literal["same", "committed since", "dropped since", "missing", "another location"]
DROPPED: Verdict = "dropped since"
GOOD: tuple[Verdict, ...] = ("same", "committed since", DROPPED)


@dataclass(frozen=True, slots=True)
class Compared:
    """One table of the backup.

    + restored: its metadata file by the restored metastore; None where that does not have the table
    """

    name: str
    verdict: Verdict
    backup: str
    restored: str | None

    @property
    def good(self) -> bool:
        """Whether the restored metastore has it as the backup says."""
        return self.verdict in GOOD


def compare(
    backup: Iterable[IcebergTable], restored: Mapping[str, str], live: Mapping[str, str]
) -> list[Compared]:
    """Every table of a backup, by name.

    + restored, live: table → metadata file, by the restored metastore and by the one of today
    """
    found = []
    for table in sorted(backup, key=lambda table: table.name):
        here = restored.get(table.name)
        found.append(
            Compared(table.name, _verdict(table, here, live), table.metadata_location, here)
        )
    return found


def due(drills: Iterable[Mapping[str, Any]], days: int, now: datetime) -> str:
    """Why a drill is due; empty where one of the last ``days`` has passed."""
    passed = [
        datetime.fromisoformat(drill["ended"])
        for drill in drills
        if drill.get("result") == "passed"
    ]
    if not passed:
        return "none has passed yet"
    age = now - max(passed)
    return f"the last passed {age.days} d ago" if age > timedelta(days=days) else ""


def _verdict(table: IcebergTable, here: str | None, live: Mapping[str, str]) -> Verdict:
    if here is None:
        return "missing"
    if here != table.metadata_location:
        return "another location"
    now = live.get(table.name)
    if now is None:
        return DROPPED
    return "same" if now == here else "committed since"
