"""The eight tables: how they are laid out, and the statements that fill them from Trino's generator.

The two that grow with time are partitioned by month, as tables of events are in a lakehouse; nothing
else is done to any of them. They are filled year by year, so that one statement writes to at most 13
partitions: each that it writes to costs it memory until it ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

GENERATOR = "tpch"
"""The catalog of Trino's generator."""

PLAIN = ("region", "nation", "supplier", "customer", "part", "partsupp")
PARTITIONED = {"orders": "o_orderdate", "lineitem": "l_shipdate"}
TABLES = (*PLAIN, *PARTITIONED)
YEARS = tuple(range(1992, 1999))
ROWS = {"supplier": 10_000, "customer": 150_000, "orders": 1_500_000}
"""At scale 1; by them a table's scale is known, and whether it was filled once."""


@dataclass(frozen=True, slots=True)
class Found:
    """What is there.

    + tables: names
    + years: of a partitioned table, those that it has rows of
    """

    tables: frozenset[str]
    years: dict[str, frozenset[int]]


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of one scale.

    + catalog, namespace: where they are, in Trino's words
    + scale: 1 are 1 GB as TPC-H counts it
    """

    catalog: str
    namespace: str
    scale: float

    @property
    def source(self) -> str:
        """The generator's schema of this scale."""
        return f'{GENERATOR}."sf{self.scale:g}"'

    def rows(self, table: str) -> int:
        """How many one of ``ROWS`` has at this scale; the generator rounds down."""
        return int(ROWS[table] * self.scale)

    def name(self, table: str) -> str:
        """Whole name of a table."""
        return f"{self.catalog}.{self.namespace}.{table}"

    def missing(self, found: Found) -> dict[str, list[str]]:
        """The statements that are still to be run, by table, in order; each is done whole or not at all."""
        statements: dict[str, list[str]] = {}
        for table in PLAIN:
            if table not in found.tables:
                text = f"CREATE TABLE {self.name(table)} AS SELECT * FROM {self.source}.{table}"
                statements[table] = [text]
        for table, column in PARTITIONED.items():
            todo = [] if table in found.tables else [self._empty(table, column)]
            years = found.years.get(table, frozenset())
            todo += [self._fill(table, column, year) for year in YEARS if year not in years]
            if todo:
                statements[table] = todo
        return statements

    def _empty(self, table: str, column: str) -> str:
        return (
            f"CREATE TABLE {self.name(table)} WITH (partitioning = ARRAY['month({column})'])"
            f" AS SELECT * FROM {self.source}.{table} WITH NO DATA"
        )

    def _fill(self, table: str, column: str, year: int) -> str:
        return (
            f"INSERT INTO {self.name(table)} SELECT * FROM {self.source}.{table}"
            f" WHERE {column} >= DATE '{year}-01-01' AND {column} < DATE '{year + 1}-01-01'"
        )


def years_of_months(months: Sequence[int]) -> frozenset[int]:
    """Years of Iceberg's months, which are counted from January 1970."""
    return frozenset(1970 + month // 12 for month in months)
