"""The queries' files, and how their times are told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import click
import pytest
from click.testing import CliRunner

from lakestead.errors import WrongUsage
from lakestead.report.queries import QueriesDocument, QueryTime, markdown, text
from lakestead.tpch import measure
from lakestead.tpch.cli import queries as command
from lakestead.tpch.queries import queries
from lakestead.tpch.tables import TABLES, Tables
from lakestead.trino.client import TrinoError
from lakestead.trino.secrets import Login


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
        QueryTime(
            query=6, title="Six", seconds=[0.6], with_pushdown=[0.6, 0.5], without_pushdown=[1.5]
        ),
        QueryTime(query=14, title="Fourteen", seconds=[0.4], error_without_pushdown="NO_NODES"),
        QueryTime(query=9, title="Nine", seconds=[11.0, 12.5], rows=175),
        QueryTime(query=18, title="Eighteen", error="EXCEEDED_LOCAL_MEMORY_LIMIT: too much"),
    ],
)


def test_what_is_too_slow_or_fails_is_told() -> None:
    said = click.unstyle(text(DOCUMENT))
    assert [item.query for item in DOCUMENT.failed()] == [14, 9, 18]
    assert "query 9: 11.0 s, more than 10 s" in said
    assert "query 14: without pushdown: NO_NODES" in said
    assert "query 18: EXCEEDED_LOCAL_MEMORY_LIMIT" in said
    assert said.endswith("3 of 4 queries answered in 12.0 s; the slowest, 9, took 11.0 s")
    assert "| 6 | 0.50 | 1.50 | 3.0 |" in markdown(DOCUMENT)


def test_the_document_reads_back() -> None:
    printed = DOCUMENT.model_dump_json(by_alias=True)
    assert json.loads(printed)["schema"] == "lakestead.queries/v1"
    assert QueriesDocument.model_validate_json(printed) == DOCUMENT


@pytest.mark.parametrize("numbers", ["0", "23", "x", "3-", ""])
def test_a_number_that_is_no_querys_is_refused(numbers: str) -> None:
    done = CliRunner().invoke(command, ["-i", "x.py", "--only", numbers])
    assert done.exit_code == 2


@pytest.mark.parametrize("option", ["--markdown", "--keep"])
def test_a_folder_that_is_not_there_is_told_before_anything_runs(option: str) -> None:
    done = CliRunner().invoke(command, ["-i", "x.py", option, "/no/such/folder/x.md"])
    assert isinstance(done.exception, WrongUsage)
    assert "/no/such/folder" in str(done.exception)


def test_a_query_that_fails_does_not_keep_the_others_from_being_compared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def answer(place: str, sql: str, url: str) -> tuple[list[tuple[str]], dict[str, int]]:
        if sql == wanted[1].sql:
            raise TrinoError("Trino answers with an error", found="EXCEEDED_LOCAL_MEMORY_LIMIT")
        return [(place if sql == wanted[2].sql else "same",)], {}

    @contextmanager
    def connected(url: str, known: Login, place: tuple[str, str]) -> Iterator[str]:
        yield place[0]

    wanted = queries(1)[:3]
    monkeypatch.setattr(measure, "connected", connected)
    monkeypatch.setattr(measure, "answer", answer)
    tables = Tables("lakehouse", "tpch", 1)
    found = measure.wrong("https://trino", Login("lakestead", ""), tables, wanted)
    assert found == {
        2: "not compared: EXCEEDED_LOCAL_MEMORY_LIMIT",
        3: "1 rows, 1 expected; others differ",
    }
