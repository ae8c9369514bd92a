"""The 22 queries, each a file of its own in ``queries``.

They are the specification's with its validation's parameters; only what Trino's SQL writes otherwise
is otherwise (intervals, the view of query 15 as ``WITH``, ``LIMIT`` for the number of rows).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).with_name("queries")


@dataclass(frozen=True, slots=True)
class Query:
    """One of them.

    + number: 1 to 22
    + title: in the specification's words
    """

    number: int
    title: str
    sql: str


def queries(scale: float) -> list[Query]:
    """All of them. One parameter, of query 11, is of the scale."""
    return [_query(file, scale) for file in sorted(FOLDER.glob("*.sql"))]


def _query(file: Path, scale: float) -> Query:
    text = file.read_text(encoding="utf-8")
    first, sql = text.split("\n", 1)
    fraction = f"{0.0001 / scale:.10f}".rstrip("0")
    title = first.removeprefix("-- ").partition(";")[0]
    return Query(int(file.stem), title, sql.replace("{fraction}", fraction).strip())
