"""The queries' files, and how their times are told."""

from __future__ import annotations

import json

import click
import pytest
from click.testing import CliRunner

from lakestead.report.queries import QueriesDocument, QueryTime, markdown, text
from lakestead.tpch.cli import queries as command
from lakestead.tpch.queries import queries
from lakestead.tpch.tables import TABLES


def test_there_are_22_and_each_has_a_title() -> None:
    found = queries(1)
    assert [query.number for query in found] == list(range(1, 23))
    assert found[0].title == "Pricing summary report"
    assert found[10].title == "Important stock identification"
    for query in found:
        assert query.sql.startswith(("SELECT", "WITH"))
        assert not query.sql.endswith(";")  # which Trino's protocol does not take
        assert any(table in query.sql for table in TABLES)


@pytest.mark.parametrize(("scale", "fraction"), [(0.1, "0.001"), (1, "0.0001"), (10, "0.00001")])
def test_the_fraction_of_query_11_is_of_the_scale(scale: float, fraction: str) -> None:
    assert f"* {fraction}\n" in queries(scale)[10].sql


DOCUMENT = QueriesDocument(
    scale=1,
    tables="lakehouse.tpch",
    workers=2,
    worker_memory="24Gi",
    limit=10,
    queries=[
        QueryTime(query=6, title="Six", seconds=[0.6, 0.5], without_pushdown=[1.5], read=1 << 20),
        QueryTime(query=9, title="Nine", seconds=[11.0, 12.5], rows=175),
        QueryTime(query=18, title="Eighteen", error="EXCEEDED_LOCAL_MEMORY_LIMIT: too much"),
    ],
)


def test_what_is_too_slow_or_fails_is_told() -> None:
    said = click.unstyle(text(DOCUMENT))
    assert [item.query for item in DOCUMENT.failed()] == [9, 18]
    assert "query 9: 11.0 s, more than 10 s" in said
    assert "query 18: EXCEEDED_LOCAL_MEMORY_LIMIT" in said
    assert said.endswith("2 of 3 queries answered in 11.5 s; the slowest, 9, took 11.0 s")
    assert "| 6 | 0.50 | 1.50 | 3.0 |" in markdown(DOCUMENT)


def test_the_document_reads_back() -> None:
    printed = DOCUMENT.model_dump_json(by_alias=True)
    assert json.loads(printed)["schema"] == "lakestead.queries/v1"
    assert QueriesDocument.model_validate_json(printed) == DOCUMENT


@pytest.mark.parametrize("numbers", ["0", "23", "x", "3-", ""])
def test_a_number_that_is_no_querys_is_refused(numbers: str) -> None:
    done = CliRunner().invoke(command, ["-i", "x.py", "--only", numbers])
    assert done.exit_code == 2
