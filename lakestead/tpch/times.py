"""All that ``lakestead queries`` measures, as one document."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakestead.errors import LakesteadError
from lakestead.kube.session import api
from lakestead.report.queries import QueriesDocument, QueryTime
from lakestead.settings import Settings
from lakestead.settings.trino import WORKER
from lakestead.tpch.answers import checksum
from lakestead.tpch.look import look
from lakestead.tpch.measure import SELECTIVE, chosen, in_turn, measure, tables_of, wrong
from lakestead.tpch.queries import Query
from lakestead.tpch.tables import Tables
from lakestead.trino.client import connected
from lakestead.trino.secrets import Login, known_login, required

if TYPE_CHECKING:
    from pyinfra.api.host import Host


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be measured.

    + only: numbers of queries
    + runs: of each
    + pushdown: run the selective ones without pushdown too
    + check: compare the answers with the generator's
    + limit: seconds that none may take longer; 0 for none
    """

    only: Sequence[int]
    runs: int = 2
    pushdown: bool = False
    check: bool = False
    limit: float = 0.0


def times(
    host: Host,
    settings: Settings,
    wanted: Wanted,
    *,
    say: Callable[[str], None],
    keep: Callable[[QueriesDocument], None] = lambda _: None,
    before: QueriesDocument | None = None,
) -> QueriesDocument:
    """Run the queries, and tell what ``before`` has of others too.

    Raises LakesteadError where Trino or the tables are not there.

    + say: is told what goes on
    + keep: is given what there is after each query
    + before: of an earlier run with the same tables and servers; what is as wanted is not measured again
    """
    section, tables = required(settings), tables_of(settings)
    known = known_login(api(host), settings)
    with connected(section.url, known) as trino:
        missing = tables.missing(look(trino, tables, section.url))
    if missing:
        raise LakesteadError(
            "The tables of TPC-H are not whole",
            where=section.url,
            found=f"missing, or rows of it: {', '.join(missing)}",
            do="pyinfra INVENTORY deploys/phase3.py",
        )
    document = nothing_yet(settings, wanted)
    found = {item.query: item for item in before.queries} if before else {}
    for query in chosen(tables.scale, wanted.only):
        if query.number in found and _still_good(found[query.number], wanted):
            say(f"query {query.number}: was measured before")
            continue
        item = _measured(section.url, known, tables, query, wanted)
        say(f"query {query.number}: {_told(item)}")
        found[query.number] = item
        document = document.model_copy(
            update={"queries": [found[number] for number in sorted(found)]}
        )
        keep(document)
    return document.model_copy(update={"queries": [found[number] for number in sorted(found)]})


def nothing_yet(settings: Settings, wanted: Wanted) -> QueriesDocument:
    """The document before anything is measured; raises WrongUsage where the settings ask for no tables."""
    tables, worker = tables_of(settings), settings.allocations[WORKER]
    return QueriesDocument(
        scale=tables.scale,
        tables=f"{tables.catalog}.{tables.namespace}",
        workers=worker.replicas,
        worker_memory=str(worker.memory),
        limit=wanted.limit,
        queries=[],
    )


def _still_good(item: QueryTime, wanted: Wanted) -> bool:
    """Whether an earlier run has measured no less than is wanted."""
    return (
        not (item.error or item.error_without_pushdown or item.wrong)
        and len(item.seconds) >= wanted.runs
        and (item.checked or not wanted.check)
        and bool(item.without_pushdown or not wanted.pushdown or item.query not in SELECTIVE)
    )


def _measured(url: str, known: Login, tables: Tables, query: Query, wanted: Wanted) -> QueryTime:
    place = (tables.catalog, tables.namespace)
    timed = measure(url, known, place, query, wanted.runs)
    item = QueryTime(
        query=query.number,
        title=query.title,
        seconds=list(timed.seconds),
        rows=len(timed.answer),
        read=timed.read,
        memory=timed.memory,
        cpu=timed.cpu,
        checksum="" if timed.error else checksum(timed.answer),
        error=timed.error,
    )
    if timed.error:
        return item
    more: dict[str, object] = {}
    if wanted.pushdown and query.number in SELECTIVE:
        pushed, plain = in_turn(url, known, place, query, wanted.runs)
        more = {
            "with_pushdown": list(pushed.seconds),
            "without_pushdown": list(plain.seconds),
            "read_without_pushdown": plain.read,
            "error_without_pushdown": plain.error or pushed.error,
        }
    if wanted.check:
        more["checked"] = True
        more["wrong"] = wrong(url, known, tables, [query]).get(query.number, "")
    return item.model_copy(update=more)


def _told(item: QueryTime) -> str:
    if item.error:
        return item.error
    pushed = f"; {item.gain:.1f} times as long without pushdown" if item.gain else ""
    return f"{item.best:.2f} s{pushed}" + (f"; {item.wrong}" if item.wrong else "")
