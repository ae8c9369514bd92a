"""A drill's comparison, and when one is due."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lakestead.plan.backup import IcebergTable
from lakestead.plan.drill import compare, due

BACKUP = [IcebergTable(name="a.t", location="s3a://l/a.db/t", metadata_location="s3a://l/1")]
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("restored", "live", "verdict", "good"),
    [
        ("s3a://l/1", "s3a://l/1", "same", True),
        ("s3a://l/1", "s3a://l/2", "committed since", True),
        ("s3a://l/1", None, "dropped since", True),
        ("s3a://l/0", "s3a://l/1", "another location", False),
        (None, "s3a://l/1", "missing", False),
    ],
)
def test_a_table_is_compared_with_the_backup_and_with_today(
    restored: str | None, live: str | None, verdict: str, good: bool
) -> None:
    [found] = compare(BACKUP, {"a.t": restored} if restored else {}, {"a.t": live} if live else {})

    assert (found.verdict, found.good) == (verdict, good)


@pytest.mark.parametrize(
    ("drills", "why"),
    [
        ([], "none has passed yet"),
        ([{"result": "failed", "ended": "2026-11-21T11:00:00+00:00"}], "none has passed yet"),
        ([{"result": "passed", "ended": "2026-11-20T11:00:00+00:00"}], ""),
        ([{"result": "passed", "ended": "2026-10-01T11:00:00+00:00"}], "the last passed 51 d ago"),
    ],
)
def test_a_drill_is_due(drills: list[dict[str, str]], why: str) -> None:
    assert due(drills, 30, NOW) == why
