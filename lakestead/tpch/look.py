"""Which of the tables are there, asked of Trino."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakestead.errors import LakesteadError, Refused
from lakestead.tpch.tables import (
    PARTITIONED,
    ROWS,
    TABLES,
    YEARS,
    Found,
    Tables,
    years_of_months,
)
from lakestead.trino.client import rows

if TYPE_CHECKING:
    from trino.dbapi import Connection


def look(trino: Connection, tables: Tables, url: str) -> Found:
    """What is there.

    Raises Refused while a query of an earlier run still fills one, and LakesteadError where they are of
    another scale, or one was filled twice.
    """
    _no_other_fills(trino, tables, url)
    listed = rows(
        trino,
        f"SELECT table_name FROM {tables.catalog}.information_schema.tables"
        f" WHERE table_schema = '{tables.namespace}'",
        url,
    )
    names = frozenset(name for [name] in listed) & frozenset(TABLES)
    years = {
        table: _years(trino, tables, table, column, url)
        for table, column in PARTITIONED.items()
        if table in names
    }
    for table in ROWS:
        # A year that is not there yet is filled.
        if table in names and years.get(table, frozenset(YEARS)) >= frozenset(YEARS):
            _counted(trino, tables, table, url)
    return Found(names, years)


def _counted(trino: Connection, tables: Tables, table: str, url: str) -> None:
    [[number]] = rows(trino, f"SELECT count(*) FROM {tables.name(table)}", url)
    if number != tables.rows(table):
        raise LakesteadError(
            f"The tables in {tables.catalog}.{tables.namespace} are not those of scale"
            f" {tables.scale:g}",
            where=url,
            found=f"{number} rows of {table}",
            expected=f"{tables.rows(table)}",
            do=f"choose another trino.tpch.namespace, or drop {table} (of another scale: all of them)",
        )


def _no_other_fills(trino: Connection, tables: Tables, url: str) -> None:
    """An INSERT goes on when who asked for it was killed; beside it the same rows would come twice."""
    place = f"{tables.catalog}.{tables.namespace}."
    running = rows(
        trino,
        "SELECT query_id FROM system.runtime.queries WHERE state NOT IN ('FINISHED', 'FAILED')"
        f" AND (starts_with(query, 'INSERT INTO {place}')"
        f" OR starts_with(query, 'CREATE TABLE {place}'))",
        url,
    )
    if running:
        [query] = running[0]
        raise Refused(
            f"A query of an earlier run still fills a table in {place[:-1]}",
            where=url,
            found=f"query {query}",
            do="run again when it has ended; or end it:"
            f" CALL system.runtime.kill_query(query_id => '{query}')",
        )


def _years(trino: Connection, tables: Tables, table: str, column: str, url: str) -> frozenset[int]:
    partitions = f'{tables.catalog}.{tables.namespace}."{table}$partitions"'
    months = rows(trino, f"SELECT partition.{column}_month FROM {partitions}", url)
    return years_of_months([month for [month] in months if month is not None])
