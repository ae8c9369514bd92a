"""A plan as a person sees it."""

from __future__ import annotations

import click
import pytest

from lakestead.plan.change import Change
from lakestead.plan.document import Operation, Plan, Target
from lakestead.report.table import render

PLAN = Plan(
    id="0123456789abcdef",
    lakestead="0.1.0",
    made="2026-11-21T15:00:00+00:00",
    target=Target(deploy="deploy.py", inventory="inventory.py"),
    clusters={},
    operations=(
        Operation(
            host="@kube/lab",
            operation="Apply the manifests",
            changes=(
                Change("Namespace", "shop", "create"),
                Change("ConfigMap", "shop/a", "update", "@@ -1 +1 @@\n-x\n+y", by="kubectl-edit"),
                Change("ConfigMap", "shop/b", "unchanged"),
                Change("Deployment", "shop/web", "wait", why="2 of 3 pods ready"),
                Change(
                    "Kiosk", "shop/k", "known after apply", why="its CRD comes first", will="create"
                ),
            ),
        ),
        Operation(
            host="@local", operation="Leave", changes=(Change("Bucket", "lake", "unchanged"),)
        ),
        Operation(
            host="@local",
            operation="Prove",
            changes=(Change("Round trip", "s3://lake", "known after apply"),),
        ),
    ),
)

FULL = """\
  Change               Kind        Name       Why
Apply the manifests  (@kube/lab)
  + create             Namespace   shop
  ~ update             ConfigMap   shop/a
  * wait               Deployment  shop/web   2 of 3 pods ready
  + create             Kiosk       shop/k     known after apply: its CRD comes first
Prove  (@local)
  ? known after apply  Round trip  s3://lake

~ update ConfigMap shop/a  (last changed by kubectl-edit)
    @@ -1 +1 @@
    -x
    +y

Plan: 2 to create, 1 to update, 0 to delete, 2 unchanged, 1 known after apply, 1 to wait for
"""


def test_a_plan() -> None:
    assert click.unstyle(render(PLAN)) == FULL


def test_nothing_to_change() -> None:
    idle = PLAN.model_copy(update={"operations": PLAN.operations[1:2]})

    assert click.unstyle(render(idle)) == (
        "Plan: 0 to create, 0 to update, 0 to delete, 1 unchanged\n"
    )


def test_everything() -> None:
    lines = click.unstyle(render(PLAN, diffs=False, everything=True)).splitlines()

    assert [line.split()[3] for line in lines if line.startswith("  = ")] == ["shop/b", "lake"]


@pytest.mark.parametrize("width", [60, 72, 90])
def test_it_fits_the_terminal(width: int) -> None:
    table = click.unstyle(render(PLAN, diffs=False, width=width)).split("\n\n")[0]

    assert max(map(len, table.splitlines())) <= width
    assert "…" in table if width < 80 else "its CRD comes first" in table
