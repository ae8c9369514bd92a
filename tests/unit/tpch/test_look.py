"""What is read of tables that are there: of another scale, filled twice, or being filled."""

from __future__ import annotations

from typing import Any

import pytest

from lakestead.errors import LakesteadError, Refused
from lakestead.tpch import look
from lakestead.tpch.tables import TABLES, YEARS, Tables

WANTED = Tables("lakehouse", "tpch", 0.01)


class Trino:
    """Tables of scale 0.01."""

    def __init__(self) -> None:
        self.counts = {"supplier": 100, "customer": 1500, "orders": 15000}
        self.years = YEARS
        self.running: list[tuple[str]] = []

    def rows(self, trino: object, sql: str, url: str) -> list[tuple[Any, ...]]:
        if "system.runtime.queries" in sql:
            return self.running
        if "information_schema" in sql:
            return [(table,) for table in TABLES]
        if "$partitions" in sql:
            return [((year - 1970) * 12,) for year in self.years]
        return [(self.counts[sql.rpartition(".")[2]],)]


@pytest.fixture
def trino(monkeypatch: pytest.MonkeyPatch) -> Trino:
    made = Trino()
    monkeypatch.setattr(look, "rows", made.rows)
    return made


def looked(trino: Any) -> look.Found:
    return look.look(trino, WANTED, "https://trino")


def test_whole_tables_of_the_scale_are_taken(trino: Trino) -> None:
    assert WANTED.missing(looked(trino)) == {}


@pytest.mark.parametrize(("table", "rows"), [("supplier", 1000), ("orders", 17285)])
def test_rows_that_are_not_of_the_scale_are_told(trino: Trino, table: str, rows: int) -> None:
    trino.counts[table] = rows
    with pytest.raises(LakesteadError, match=f"{rows} rows of {table}"):
        looked(trino)


def test_a_year_that_is_not_there_yet_is_filled(trino: Trino) -> None:
    trino.years, trino.counts["orders"] = YEARS[:3], 6000
    assert len(WANTED.missing(looked(trino))["orders"]) == 4


def test_a_table_is_not_filled_while_a_killed_runs_query_fills_it(trino: Trino) -> None:
    trino.running = [("20261122_000000_00001_abcde",)]
    with pytest.raises(Refused, match="20261122_000000_00001_abcde"):
        looked(trino)
