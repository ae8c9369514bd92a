"""Run queries and see how long each takes, what it reads, and what it needs."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lakestead.errors import WrongUsage
from lakestead.settings import Settings
from lakestead.tpch.queries import Query, queries
from lakestead.tpch.tables import Tables
from lakestead.trino.client import TrinoError, answer, connected
from lakestead.trino.secrets import Login, required

PUSHDOWN = "allow_pushdown_into_connectors"
"""The session's property: whether a connector is told what a query filters by."""

SELECTIVE = (6, 14, 15)
"""The queries that read a part of one table by its partitions' column: what pushdown is about."""


@dataclass(frozen=True, slots=True)
class Timed:
    """One query.

    + seconds: of each run, as the client sees it
    + rows: of the answer
    + read: bytes from the object storage, in the last run
    + memory: bytes at most at one time, in the last run
    + error: what was said instead of an answer
    """

    query: int
    title: str
    seconds: tuple[float, ...] = ()
    rows: int = 0
    read: int = 0
    memory: int = 0
    error: str = ""

    @property
    def best(self) -> float:
        """The shortest run: the others waited for something else too."""
        return min(self.seconds, default=0.0)


def tables_of(settings: Settings) -> Tables:
    """The tables that the settings ask for; raises WrongUsage where they ask for none."""
    section = required(settings)
    if section.tpch is None:
        raise WrongUsage(
            "The settings ask for no tables to measure query times by",
            expected='trino = {…, "tpch": {"scale": 1}}',
            do="docs/phase-3-trino.md",
        )
    return Tables(section.catalog, section.tpch.namespace, section.tpch.scale)


def chosen(scale: float, numbers: Iterable[int] = ()) -> list[Query]:
    """The queries of these numbers; all by default."""
    wanted = set(numbers)
    return [query for query in queries(scale) if not wanted or query.number in wanted]


def measure(
    url: str,
    login: Login,
    place: tuple[str, str],
    wanted: Sequence[Query],
    runs: int,
    session: Mapping[str, str] | None = None,
    say: Callable[[Timed], None] = lambda _: None,
) -> list[Timed]:
    """Run each query ``runs`` times, one after the other.

    + place: catalog and schema of the tables
    + session: properties of the session
    + say: is told each result
    """
    found = []
    with connected(url, login, session=session, place=place) as trino:
        for query in wanted:
            seconds: list[float] = []
            stats: Mapping[str, Any] = {}
            rows: list[tuple[Any, ...]] = []
            error = ""
            for _ in range(runs):
                begun = time.monotonic()
                try:
                    rows, stats = answer(trino, query.sql, url)
                except TrinoError as failure:
                    error = failure.found
                    break
                seconds.append(round(time.monotonic() - begun, 3))
            timed = Timed(
                query.number,
                query.title,
                tuple(seconds),
                len(rows),
                int(stats.get("physicalInputBytes", 0)),
                int(stats.get("peakMemoryBytes", 0)),
                error,
            )
            say(timed)
            found.append(timed)
    return found


def wrong(url: str, login: Login, tables: Tables, wanted: Sequence[Query]) -> dict[int, str]:
    """Queries whose answer from the tables is another than from the generator itself, and how.

    Of one that fails what was said: the others are compared all the same.
    """
    there = (tables.catalog, tables.namespace)
    generator = ("tpch", f"sf{tables.scale:g}")
    found: dict[int, str] = {}
    with (
        connected(url, login, place=there) as lake,
        connected(url, login, place=generator) as made,
    ):
        for query in wanted:
            try:
                read, expected = (answer(each, query.sql, url)[0] for each in (lake, made))
            except TrinoError as failure:
                found[query.number] = f"not compared: {failure.found}"
                continue
            if Counter(read) != Counter(expected):
                found[query.number] = f"{len(read)} rows, {len(expected)} expected; others differ"
    return found
