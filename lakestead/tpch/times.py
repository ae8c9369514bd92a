"""All that ``lakestead queries`` measures, as one document."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from lakestead.errors import LakesteadError
from lakestead.kube.session import api
from lakestead.report.queries import QueriesDocument, QueryTime
from lakestead.settings import Settings
from lakestead.settings.trino import WORKER
from lakestead.tpch.look import look
from lakestead.tpch.measure import PUSHDOWN, SELECTIVE, chosen, measure, tables_of, wrong
from lakestead.trino.client import connected
from lakestead.trino.secrets import known_login, required

if TYPE_CHECKING:
    from pyinfra.api.host import Host


def times(
    host: Host,
    settings: Settings,
    *,
    only: Sequence[int],
    runs: int,
    pushdown: bool,
    check: bool,
    limit: float,
    say: Callable[[str], None],
) -> QueriesDocument:
    """Run the queries; raises LakesteadError where Trino or the tables are not there.

    + only: numbers of queries
    + runs: of each
    + pushdown: run the selective ones without pushdown too
    + check: compare the answers with the generator's
    + limit: seconds that none may take longer; 0 for none
    + say: is told what goes on
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
    wanted = chosen(tables.scale, only)
    place = (tables.catalog, tables.namespace)
    timed = measure(
        section.url, known, place, wanted, runs,
        say=lambda t: say(f"query {t.query}: {t.error or f'{t.best:.2f} s'}"),
    )  # fmt: skip
    selective = [query for query in wanted if query.number in SELECTIVE] if pushdown else []
    without = measure(
        section.url, known, place, selective, runs, {PUSHDOWN: "false"},
        lambda t: say(f"query {t.query} without pushdown: {t.error or f'{t.best:.2f} s'}"),
    )  # fmt: skip
    unpushed = {item.query: item for item in without}
    failed = {item.query for item in timed if item.error}
    answered = [query for query in wanted if query.number not in failed]
    others = wrong(section.url, known, tables, answered) if check else {}
    found = []
    for item in timed:
        plain = unpushed.get(item.query)
        found.append(
            QueryTime(
                query=item.query,
                title=item.title,
                seconds=list(item.seconds),
                rows=item.rows,
                read=item.read,
                memory=item.memory,
                without_pushdown=list(plain.seconds) if plain else [],
                read_without_pushdown=plain.read if plain else 0,
                error_without_pushdown=plain.error if plain else "",
                wrong=others.get(item.query, ""),
                error=item.error,
            )
        )
    worker = settings.allocations[WORKER]
    return QueriesDocument(
        scale=tables.scale,
        tables=f"{tables.catalog}.{tables.namespace}",
        workers=worker.replicas,
        worker_memory=str(worker.memory),
        limit=limit,
        queries=found,
    )
