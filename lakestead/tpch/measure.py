"""Run queries and see how long each takes, what it reads, and what it needs."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from lakestead.errors import WrongUsage
from lakestead.settings import Settings
from lakestead.tpch.queries import Query, queries
from lakestead.tpch.tables import Tables
from lakestead.trino.client import TrinoError, answer, connected
from lakestead.trino.secrets import Login, required

if TYPE_CHECKING:
    from trino.dbapi import Connection

PUSHDOWN = "allow_pushdown_into_connectors"
"""The session's property: whether a connector is told what a query filters by."""

SELECTIVE = (6, 14, 15)
"""The queries that read a part of one table by its partitions' column: what pushdown is about."""


@dataclass(frozen=True, slots=True)
class Timed:
    """One query.

    + seconds: of each run, as the client sees it
    + answer: the rows of the last run
    + read: bytes from the object storage, in the last run
    + memory: bytes at most at one time, in the last run
    + cpu: seconds of processors, in the last run
    + error: what was said instead of an answer
    """

    seconds: tuple[float, ...] = ()
    answer: tuple[tuple[Any, ...], ...] = ()
    read: int = 0
    memory: int = 0
    cpu: float = 0.0
    error: str = ""

    def then(self, later: Timed) -> Timed:
        """Both as one, the later one last."""
        return replace(later, seconds=(*self.seconds, *later.seconds))


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


def measure(url: str, login: Login, place: tuple[str, str], query: Query, runs: int) -> Timed:
    """Run a query ``runs`` times, one after the other.

    + place: catalog and schema of the tables
    """
    with connected(url, login, place=place) as trino:
        return _runs(lambda: _once(trino, query, url), runs)[0]


def in_turn(
    url: str, login: Login, place: tuple[str, str], query: Query, runs: int
) -> tuple[Timed, Timed]:
    """Run a query with pushdown and without it, in turn, ``runs`` times each."""
    with (
        connected(url, login, place=place) as pushed,
        connected(url, login, place=place, session={PUSHDOWN: "false"}) as plain,
    ):
        both = _runs(lambda: _once(pushed, query, url), runs, lambda: _once(plain, query, url))
    return both[0], both[1]


def _runs(first: Callable[[], Timed], runs: int, *more: Callable[[], Timed]) -> list[Timed]:
    """Each ``runs`` times, in turn; one that fails is not run again."""
    found = [Timed() for _ in (first, *more)]
    for _ in range(runs):
        for number, run in enumerate((first, *more)):
            if not found[number].error:
                found[number] = found[number].then(run())
    return found


def _once(trino: Connection, query: Query, url: str) -> Timed:
    begun = time.monotonic()
    try:
        rows, stats = answer(trino, query.sql, url)
    except TrinoError as failure:
        return Timed(error=failure.found)
    return Timed(
        (round(time.monotonic() - begun, 3),),
        tuple(rows),
        int(stats.get("physicalInputBytes", 0)),
        int(stats.get("peakMemoryBytes", 0)),
        round(int(stats.get("cpuTimeMillis", 0)) / 1000, 3),
    )


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
