"""What is left to do, from what a run that was killed has left."""

from __future__ import annotations

import pytest

from lakestead.plan.iceberg import Found, Step, changes, missing

EVERYTHING = ["namespace", "table", "first append", "second append"]


@pytest.mark.parametrize(
    ("found", "left"),
    [
        (Found(), EVERYTHING),
        (Found(namespace=True), EVERYTHING[1:]),
        (Found(namespace=True, table=True), EVERYTHING[2:]),
        (Found(namespace=True, table=True, appends=["first append"]), EVERYTHING[3:]),
        (Found(namespace=True, table=True, appends=["first append", "second append"]), []),
    ],
)
def test_missing(found: Found, left: list[Step]) -> None:
    assert missing(found) == left


def test_the_plan_names_namespace_table_and_place() -> None:
    lines = [str(change) for change in changes(missing(Found()), "ns", "t", "s3a://lake/ns.db")]
    assert lines == [
        "+ create    Iceberg namespace ns  (at s3a://lake/ns.db)",
        "+ create    Iceberg table ns.t",
        "+ create    Iceberg snapshot ns.t  (first append)",
        "+ create    Iceberg snapshot ns.t  (second append)",
    ]
