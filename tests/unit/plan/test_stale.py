"""What has become of a plan since it was made, and what may still be done in the middle of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from lakestead.plan.change import Change
from lakestead.plan.document import Operation
from lakestead.plan.stale import allowed, compare

CASES = yaml.safe_load(Path(__file__).with_name("comparisons.yaml").read_text())


def operations(things: dict[str, dict[str, Any]]) -> list[Operation]:
    changes = tuple(Change("Thing", name, **fields) for name, fields in things.items())
    return [Operation(host="@local", operation="Keep", changes=changes)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_compare(case: dict[str, Any]) -> None:
    verdict, differences = compare(
        operations(case["planned"]), operations(case["now"]), goes_on=case.get("goes_on", False)
    )

    assert verdict == case["verdict"]
    assert [str(difference) for difference in differences] == case.get("differences", [])


def change(action: Any, diff: str = "", will: Any = "") -> Change:
    return Change("Thing", "a", action, diff, will=will)


UPDATE = change("update", "@@ -1 +1 @@\n a\n-x\n+y")


@pytest.mark.parametrize(
    ("planned", "now", "touched", "expected"),
    [
        (UPDATE, change("update", "@@ -7 +7 @@\n b\n-x\n+y"), False, True),  # further down
        (UPDATE, change("update", "-z\n+y"), False, False),
        (UPDATE, change("update", "-z\n+y"), True, True),  # an earlier operation made it z
        (UPDATE, change("unchanged"), False, True),
        (UPDATE, change("delete", "-x"), True, False),
        (change("create"), change("update", "+y"), False, False),
        (change("create"), change("update", "+y"), True, True),
        (change("known after apply"), change("update", "+y"), False, True),
        (change("known after apply", will="create"), change("create", "+y"), False, True),
        (change("known after apply", will="create"), change("update", "+y"), False, False),
        (change("known after apply"), change("delete"), False, False),
        (change("unchanged"), UPDATE, False, False),
        (change("unchanged"), UPDATE, True, False),
        (change("unchanged"), change("wait"), False, True),
        (change("wait"), UPDATE, False, False),
        (None, UPDATE, False, False),
        (None, change("unchanged"), False, True),
    ],
)
def test_allowed(planned: Change | None, now: Change, touched: bool, expected: bool) -> None:
    assert allowed(planned, now, touched=touched) is expected
