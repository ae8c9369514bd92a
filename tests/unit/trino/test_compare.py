"""Rows of Trino against rows of pyiceberg: what is equal, and what is said where they are not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from lakestead.trino.compare import differences

MOMENT = datetime(1949, 1, 26, 22, 6, tzinfo=UTC)
TABLE = pa.table({"id": [1, 2], "m": [Decimal("2.54"), None], "at": [MOMENT, MOMENT]})


class Trino:
    """A connection whose every query has these rows."""

    def __init__(self, *rows: list[Any]) -> None:
        self.rows = rows
        self.asked = ""
        self.stats: dict[str, Any] = {}
        self.description: list[list[Any]] = []

    def cursor(self) -> Trino:
        return self

    def execute(self, sql: str) -> None:
        self.asked = sql

    def fetchall(self) -> list[list[Any]]:
        return list(self.rows)


def test_rows_agree_in_whatever_order_and_time_zone() -> None:
    there = MOMENT.astimezone(timezone(timedelta(hours=2)))
    trino: Any = Trino([2, None, there], [1, Decimal("2.54"), there])
    assert differences(trino, "lakehouse.a.b", TABLE) == ""
    assert trino.asked == 'SELECT "id", "m", "at" FROM lakehouse.a.b'


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([[1, Decimal("2.54"), MOMENT]], "Trino lacks 2, None"),
        ([[1, Decimal("2.54"), MOMENT], [2, None, MOMENT], [2, None, MOMENT]], "Trino alone has 2"),
        ([[1, Decimal("2.55"), MOMENT], [2, None, MOMENT]], "Trino alone has 1, 2.55"),
        ([], "Trino lacks 1, 2.54"),
    ],
)
def test_a_difference_is_told(rows: list[list[Any]], said: str) -> None:
    trino: Any = Trino(*rows)
    assert said in differences(trino, "t", TABLE)
