"""A Trino of the tests': its tables are in SQLite, which takes the same questions."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from trino.exceptions import TrinoUserError

from lakestead.pipeline.data import OBSERVATIONS, TABLES, TARGETS, Row, Table, rows

TELESCOPES: list[Row] = [(1, "Hooker", 2), (2, "Hale", 5), (3, "Keck I", 10), (5, "Webb", 6)]
"""Telescope 4 is not there: what it has seen is in no answer that joins."""


class Sky:
    """A connection, and the cursor of it."""

    def __init__(self, targets: Collection[str] = (), observations: Collection[str] = ()) -> None:
        self.database = sqlite3.connect(":memory:")
        self.database.execute("CREATE TABLE refs (name, snapshot_id, of_table)")
        self.make("first_light", ["id", "telescope", "aperture_m"], TELESCOPES)
        for table, files in ((TARGETS, targets), (OBSERVATIONS, observations)):
            if files:
                self.fill(table, files)
        self.stats: dict[str, Any] = {}
        self.description: list[list[str]] = []
        self.found: list[Row] = []

    def fill(self, table: Table, files: Collection[str]) -> None:
        """Make a table, with the rows of its files."""
        self.make(table.name, table.names, rows(table, files))
        self.database.execute("INSERT INTO refs VALUES ('main', 7, ?)", [table.name])

    def make(self, name: str, columns: Sequence[str], content: Sequence[Row]) -> None:
        """Make a table of any kind."""
        self.database.execute(f"CREATE TABLE {name} ({', '.join(columns)})")
        self._insert(name, columns, content)

    def take(self, table: Table, lines: Sequence[Sequence[str]]) -> None:
        """Add lines of raw files, as Spark does by the types of the table's columns."""
        types = [column.split()[1] for column in table.columns.split(", ")]
        read = [
            (
                *(
                    _READ[kind.partition("(")[0]](text)
                    for kind, text in zip(types, line[:-1], strict=True)
                ),
                line[-1],
            )
            for line in lines
        ]
        self._insert(table.name, table.names, read)

    def _insert(self, name: str, columns: Sequence[str], content: Sequence[Row]) -> None:
        marks = ", ".join("?" * len(columns))
        lines = [tuple(map(_stored, row)) for row in content]
        self.database.executemany(f"INSERT INTO {name} VALUES ({marks})", lines)

    def cursor(self) -> Sky:
        return self

    def cancel(self) -> None:
        """Nothing runs any more."""

    def execute(self, sql: str) -> None:
        if refs := re.fullmatch(r'(SELECT .*) FROM .*"(\w+)\$refs" WHERE (.*)', sql):
            known = {table.name for table in TABLES} & self.names()
            if refs[2] not in known:
                raise TrinoUserError({"errorName": "TABLE_NOT_FOUND", "message": refs[2]})
            sql = f"{refs[1]} FROM refs WHERE {refs[3]} AND of_table = '{refs[2]}'"
        try:
            done = self.database.execute(re.sub(r"\blakehouse\.\w+\.", "", sql))
        except sqlite3.OperationalError as error:
            missing = {"errorName": "COLUMN_NOT_FOUND", "message": str(error)}
            raise TrinoUserError(missing) from error
        self.description = [list(column) for column in done.description]
        self.found = [tuple(map(_meant, row)) for row in done.fetchall()]

    def fetchall(self) -> list[Row]:
        return self.found

    def names(self) -> set[str]:
        """Of the tables that are there."""
        return {name for [name] in self.database.execute("SELECT name FROM sqlite_master")}


_READ: dict[str, Callable[[str], Any]] = {
    "BIGINT": int,
    "INT": int,
    "STRING": str,
    "DECIMAL": Decimal,
    "TIMESTAMP": lambda text: datetime.fromisoformat(f"{text}+00:00"),
}


def _stored(value: Any) -> Any:
    return str(value) if isinstance(value, (Decimal, datetime)) else value


def _meant(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"\d+\.\d\d", value):
        return Decimal(value)
    if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\d ", value):
        return datetime.fromisoformat(value).astimezone(UTC)
    return value
