"""What is left to do until the table that proves the catalog is complete."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from lakestead.plan.change import Change

Step = Literal["namespace", "table", "first append", "second append"]

APPENDS: tuple[Step, ...] = ("first append", "second append")


@dataclass(frozen=True, slots=True)
class Found:
    """What the catalog has.

    + namespace, table: whether they are there; the table is the proof's own
    + appends: the appends whose snapshot the table has
    """

    namespace: bool = False
    table: bool = False
    appends: Collection[Step] = ()


def missing(found: Found) -> list[Step]:
    """The steps that are left, in their order; a killed run leaves the last ones."""
    steps: list[Step] = []
    if not found.namespace:
        steps.append("namespace")
    if not found.table:
        steps.append("table")
    return steps + [step for step in APPENDS if step not in found.appends]


def changes(steps: Collection[Step], namespace: str, table: str, location: str) -> list[Change]:
    """The steps for the plan.

    + location: where the namespace will lie
    """
    full = f"{namespace}.{table}"
    said = {
        "namespace": Change("Iceberg namespace", namespace, "create", why=f"at {location}"),
        "table": Change("Iceberg table", full, "create"),
        "first append": Change("Iceberg snapshot", full, "create", why="first append"),
        "second append": Change("Iceberg snapshot", full, "create", why="second append"),
    }
    return [said[step] for step in steps]
