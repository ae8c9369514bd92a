"""Which of the tables are there, asked of Trino."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakestead.errors import LakesteadError
from lakestead.tpch.tables import PARTITIONED, TABLES, Found, Tables, years_of_months
from lakestead.trino.client import rows

if TYPE_CHECKING:
    from trino.dbapi import Connection


def look(trino: Connection, tables: Tables, url: str) -> Found:
    """What is there. Raises LakesteadError where it is of another scale."""
    listed = rows(
        trino,
        f"SELECT table_name FROM {tables.catalog}.information_schema.tables"
        f" WHERE table_schema = '{tables.namespace}'",
        url,
    )
    names = frozenset(name for [name] in listed) & frozenset(TABLES)
    customers = None
    if "customer" in names:
        [[customers]] = rows(trino, f"SELECT count(*) FROM {tables.name('customer')}", url)
        if customers != tables.customers:
            raise LakesteadError(
                f"The tables in {tables.catalog}.{tables.namespace} are not of scale {tables.scale:g}",
                where=url,
                found=f"{customers} customers",
                expected=f"{tables.customers}",
                do="choose another trino.tpch.namespace, or drop these tables",
            )
    years = {
        table: _years(trino, tables, table, column, url)
        for table, column in PARTITIONED.items()
        if table in names
    }
    return Found(names, years, customers)


def _years(trino: Connection, tables: Tables, table: str, column: str, url: str) -> frozenset[int]:
    partitions = f'{tables.catalog}.{tables.namespace}."{table}$partitions"'
    months = rows(trino, f"SELECT partition.{column}_month FROM {partitions}", url)
    return years_of_months([month for [month] in months if month is not None])
