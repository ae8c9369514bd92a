"""Query times: a table for a person, JSON for a program."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal

import click
from pydantic import BaseModel, ConfigDict, Field

from lakestead.plan.quantity import show_bytes
from lakestead.plan.table import table


class QueryTime(BaseModel):
    """One query.

    + query, title: its number and name in TPC-H
    + seconds: of each run, as the client sees it
    + rows: of the answer
    + read, memory: bytes from the object storage, and at most in memory at one time, in the last run
    + cpu: seconds of processors, of all servers together, in the last run
    + checksum: of the answer's rows in any order; the same answer has the same one on every machine
    + with_pushdown, without_pushdown: seconds of runs in turn, the latter where connectors are not told
      what is filtered by; empty where that was not measured
    + read_without_pushdown: bytes of the last of the latter
    + error_without_pushdown: what was said instead of an answer then
    + wrong: how the answer is another than from the generator's own data; empty where it was not compared
    + checked: whether it was to be compared; ``wrong`` says what came of it
    + error: what was said instead of an answer
    """

    model_config = ConfigDict(frozen=True)

    query: int
    title: str
    seconds: list[float] = []
    rows: int = 0
    read: int = 0
    memory: int = 0
    cpu: float = 0.0
    checksum: str = ""
    with_pushdown: list[float] = []
    without_pushdown: list[float] = []
    read_without_pushdown: int = 0
    error_without_pushdown: str = ""
    wrong: str = ""
    checked: bool = False
    error: str = ""

    @property
    def best(self) -> float:
        """The shortest run: the others waited for something else too."""
        return min(self.seconds, default=0.0)

    @property
    def gain(self) -> float:
        """How many times as fast pushdown makes it; 0 where that was not measured."""
        if not self.without_pushdown or not min(self.with_pushdown, default=0.0):
            return 0.0
        return min(self.without_pushdown) / min(self.with_pushdown)


class QueriesDocument(BaseModel):
    """What ``lakestead queries --json`` prints."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    schema_: Literal["lakestead.queries/v1"] = Field(default="lakestead.queries/v1", alias="schema")
    scale: float
    tables: str
    workers: int
    worker_memory: str
    limit: float
    queries: list[QueryTime]

    @property
    def subject(self) -> str:
        """What the times are of, as a line: scale, tables and servers."""
        return (
            f"TPC-H at scale {self.scale:g} in {self.tables};"
            f" {self.workers} workers of {self.worker_memory}"
        )

    def only(self, numbers: Collection[int]) -> QueriesDocument:
        """The same of the queries with these numbers."""
        chosen = [item for item in self.queries if item.query in numbers]
        return self.model_copy(update={"queries": chosen})

    def failed(self) -> list[QueryTime]:
        """Those with an error, with another answer than expected, or slower than the limit."""
        return [
            item
            for item in self.queries
            if item.error
            or item.error_without_pushdown
            or item.wrong
            or (self.limit and item.best > self.limit)
        ]


def text(document: QueriesDocument) -> str:
    """The times as a table, and the line that counts."""
    pushed = any(item.without_pushdown for item in document.queries)
    head = ["query", "", "best", "all", "rows", "read", "memory"]
    head += ["without pushdown", "read", "gain"] if pushed else []
    rows = [_row(item, pushed) for item in document.queries]
    lines = [document.subject, "", table(head, rows), ""]
    for item in document.failed():
        said = item.error or item.wrong
        if not said and item.error_without_pushdown:
            said = f"without pushdown: {item.error_without_pushdown}"
        said = said or f"{item.best:.1f} s, more than {document.limit:g} s"
        lines.append(click.style(f"query {item.query}: {said}", fg="red"))
    answered = [item for item in document.queries if not item.error]
    slowest = max(answered, key=lambda item: item.best, default=None)
    summary = f"{len(answered)} of {len(document.queries)} queries answered"
    if slowest:
        summary += (
            f" in {sum(item.best for item in answered):.1f} s;"
            f" the slowest, {slowest.query}, took {slowest.best:.1f} s"
        )
    lines.append(click.style(summary, bold=True))
    return "\n".join(lines)


def markdown(document: QueriesDocument) -> str:
    """The same as a table for the docs."""
    lines = [
        "| query | | best, s | runs, s | processor, s | read | memory |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for item in document.queries:
        runs = ", ".join(f"{second:.2f}" for second in item.seconds)
        best = f"{item.best:.2f}" if item.seconds else item.error
        lines.append(
            f"| {item.query} | {item.title} | {best} | {runs} | {item.cpu:.1f} |"
            f" {show_bytes(item.read)} | {show_bytes(item.memory)} |"
        )
    pushed = [item for item in document.queries if item.without_pushdown]
    if pushed:
        lines += [
            "",
            "| query | with pushdown, s | without, s | gain | read with | read without |",
            "| --- | --- | --- | --- | --- | --- |",
        ]
        lines += [
            f"| {item.query} | {min(item.with_pushdown, default=0):.2f} |"
            f" {min(item.without_pushdown):.2f} |"
            f" {item.gain:.1f} | {show_bytes(item.read)} |"
            f" {show_bytes(item.read_without_pushdown)} |"
            for item in pushed
        ]
    return "\n".join([*lines, ""])


def _row(item: QueryTime, pushed: bool) -> Sequence[str]:
    runs = " ".join(f"{second:.2f}" for second in item.seconds) or "-"
    best = f"{item.best:.2f} s" if item.seconds else "-"
    row = [str(item.query), item.title, best, runs, str(item.rows)]
    row += [show_bytes(item.read), show_bytes(item.memory)]
    if pushed and not item.without_pushdown:
        row += ["", "", ""]
    elif pushed:
        row += [
            f"{min(item.without_pushdown):.2f} s",
            show_bytes(item.read_without_pushdown),
            f"{item.gain:.1f}",
        ]
    return row
