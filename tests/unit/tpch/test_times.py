"""What is measured, kept, and not measured again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from lakestead.backup import inventory
from lakestead.errors import WrongUsage
from lakestead.report.queries import QueriesDocument
from lakestead.settings import Settings
from lakestead.tpch import measure, times
from lakestead.tpch.answers import checksum
from lakestead.tpch.cli import queries as command
from lakestead.tpch.kept import read, write
from lakestead.tpch.tables import TABLES, YEARS, Found
from lakestead.tpch.times import Wanted, nothing_yet
from lakestead.trino.client import TrinoError
from lakestead.trino.secrets import Login

Rows = list[tuple[Any, ...]]


def test_an_answers_checksum_is_of_its_rows_in_any_order() -> None:
    rows: Rows = [(1, Decimal("2.50"), date(1995, 1, 1), None), (2, Decimal("0.00"), None, "x")]
    assert checksum(rows) == checksum(rows[::-1]) == checksum([list(row) for row in rows])
    assert checksum(rows) != checksum(rows[:1])
    assert checksum(rows) != checksum([rows[0], (2, Decimal("0.01"), None, "x")])
    assert checksum(rows) != checksum([*rows, rows[1]])


class Trino:
    """Answers every query, and counts what it is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.fails = ""

    @contextmanager
    def connected(
        self, url: str, login: Login, place: object = None, session: Any = None
    ) -> Iterator[str]:
        yield "without" if session else "with"

    def answer(self, trino: str, sql: str, url: str) -> tuple[Rows, dict[str, int]]:
        self.asked.append((trino, sql))
        if self.fails and self.fails in sql:
            raise TrinoError("Trino answers with an error", found="EXCEEDED_LOCAL_MEMORY_LIMIT")
        return [(1,)], {"physicalInputBytes": 7, "peakMemoryBytes": 8, "cpuTimeMillis": 1500}


@pytest.fixture
def trino(monkeypatch: pytest.MonkeyPatch) -> Trino:
    made = Trino()
    whole = Found(frozenset(TABLES), dict.fromkeys(("orders", "lineitem"), frozenset(YEARS)))
    monkeypatch.setattr(measure, "connected", made.connected)
    monkeypatch.setattr(measure, "answer", made.answer)
    monkeypatch.setattr(times, "connected", made.connected)
    monkeypatch.setattr(times, "look", lambda *_: whole)
    monkeypatch.setattr(times, "api", lambda _: None)
    monkeypatch.setattr(times, "known_login", lambda *_: Login("lakestead", ""))
    return made


def run(settings: Settings, wanted: Wanted, **more: Any) -> QueriesDocument:
    host: Any = SimpleNamespace()
    return times.times(host, settings, wanted, say=lambda _: None, **more)


def test_pushdown_is_measured_in_turn(trino: Trino, settings: Settings) -> None:
    found = run(settings, Wanted([5, 6], runs=2, pushdown=True))
    assert [place for place, _ in trino.asked[2:]] == ["with"] * 2 + ["with", "without"] * 2
    five, six = found.queries
    assert (five.cpu, five.read, five.memory, five.checksum) == (1.5, 7, 8, checksum([(1,)]))
    assert (five.without_pushdown, len(six.seconds)) == ([], 2)
    assert (len(six.with_pushdown), len(six.without_pushdown)) == (2, 2)


def test_what_was_measured_is_kept_and_not_measured_again(
    trino: Trino, settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "times.json"

    def keep(document: QueriesDocument) -> None:
        write(file, document.model_dump_json(by_alias=True))
        if len(document.queries) == 3:
            raise KeyboardInterrupt

    wanted = Wanted(range(1, 7), runs=2)
    with pytest.raises(KeyboardInterrupt):
        run(settings, wanted, keep=keep)
    asked = len(trino.asked)
    found = run(settings, wanted, before=read(file, nothing_yet(settings, wanted)))
    assert [item.query for item in found.queries] == [1, 2, 3, 4, 5, 6]
    assert len(trino.asked) - asked == 2 * 3
    # More runs than were measured: all of it again.
    asked = len(trino.asked)
    again = run(settings, Wanted(range(1, 4), runs=3), before=found)
    assert len(trino.asked) - asked == 3 * 3
    assert [len(item.seconds) for item in again.queries] == [3, 3, 3, 2, 2, 2]


def test_a_query_that_failed_is_measured_again(trino: Trino, settings: Settings) -> None:
    trino.fails = "lineitem"
    failed = run(settings, Wanted([6], runs=2))
    assert failed.queries[0].error == "EXCEEDED_LOCAL_MEMORY_LIMIT"
    assert (failed.queries[0].checksum, len(trino.asked)) == ("", 1)
    trino.fails = ""
    assert run(settings, Wanted([6], runs=2), before=failed).failed() == []


def test_what_was_kept_without_a_comparison_is_compared(trino: Trino, settings: Settings) -> None:
    before = run(settings, Wanted([3], runs=2))
    assert not before.queries[0].checked
    asked = len(trino.asked)
    checked = run(settings, Wanted([3], runs=2, check=True), before=before)
    assert checked.queries[0].checked
    assert len(trino.asked) - asked == 2 + 2
    asked = len(trino.asked)
    run(settings, Wanted([3], runs=2, check=True), before=checked)
    assert len(trino.asked) == asked


EMPTY = QueriesDocument(
    scale=1, tables="lakehouse.tpch", workers=2, worker_memory="24Gi", limit=0, queries=[]
)


@pytest.mark.parametrize(
    "other", [{"scale": 10}, {"tables": "lakehouse.x"}, {"workers": 1}, {"worker_memory": "6Gi"}]
)
def test_times_of_other_tables_or_servers_are_not_written_over(
    tmp_path: Path, other: dict[str, Any]
) -> None:
    file = tmp_path / "times.json"
    before = EMPTY.model_copy(update=other)
    write(file, before.model_dump_json(by_alias=True))
    with pytest.raises(WrongUsage) as caught:
        read(file, EMPTY)
    assert (caught.value.found, caught.value.expected) == (before.subject, EMPTY.subject)
    assert read(file, before) == before
    assert read(file, before.model_copy(update={"limit": 9.0})) == before


def test_only_what_is_wanted_is_reported_and_the_others_stay_kept(
    trino: Trino, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inventory, "main", lambda *_: (SimpleNamespace(), settings))
    file, tables = tmp_path / "times.json", tmp_path / "times.md"
    asked = ["-i", "x.py", "--json", "--keep", str(file), "--markdown", str(tables), "--only"]
    trino.fails = "supplier"  # not in query 1
    assert CliRunner().invoke(command, [*asked, "1,2"]).exit_code == 1
    for more in ([], ["--runs", "3"]):
        done = CliRunner().invoke(command, [*asked, "1", *more])
        said = QueriesDocument.model_validate_json(done.stdout)
        assert ([item.query for item in said.queries], done.exit_code) == ([1], 0)
        kept = read(file, said)
        assert kept is not None
        assert [item.query for item in kept.queries] == [1, 2]
        assert len(tables.read_text().splitlines()) == 3
    other = EMPTY.model_dump_json(by_alias=True)
    file.write_text(other)
    assert isinstance(CliRunner().invoke(command, [*asked, "1"]).exception, WrongUsage)
    assert file.read_text() == other


def test_what_is_no_file_is_not_replaced(tmp_path: Path) -> None:
    pipe, link, file = tmp_path / "pipe", tmp_path / "link", tmp_path / "times.json"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write(link, "times")
    assert (os.read(reader, 10), link.is_symlink(), pipe.is_fifo()) == (b"times", True, True)
    os.close(reader)
    link.unlink()
    link.symlink_to(file)
    for text in ("first", "second"):
        write(link, text)
        assert (link.is_symlink(), file.read_text()) == (True, text)
    assert sorted(tmp_path.iterdir()) == [link, pipe, file]


def test_tables_are_written_to_the_very_file_that_a_link_names(
    trino: Trino, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inventory, "main", lambda *_: (SimpleNamespace(), settings))
    link, tables = tmp_path / "link", tmp_path / "times.md"
    tables.touch()
    link.symlink_to(tables)  # as /dev/stdout is one to where the output goes
    with tables.open() as there:
        done = CliRunner().invoke(command, ["-i", "x.py", "--only", "1", "--markdown", str(link)])
        assert (done.exit_code, link.is_symlink()) == (0, True)
        assert "| 1 |" in there.read()


@pytest.mark.parametrize("text", ["", "{}", "my notes"])
def test_a_file_of_somebody_elses_is_not_written_over(tmp_path: Path, text: str) -> None:
    file = tmp_path / "notes.json"
    file.write_text(text)
    with pytest.raises(WrongUsage, match="holds something else"):
        read(file, EMPTY)
