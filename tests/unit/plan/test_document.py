"""Plans that cannot be trusted are refused with the reason."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from lakestead.errors import REFUSED, Refused
from lakestead.plan.change import Change
from lakestead.plan.document import (
    Operation,
    Plan,
    Target,
    check_clusters,
    digest,
    dump,
    parse,
)

PLAN = Plan(
    id="0123456789abcdef",
    lakestead="0.1.0",
    made="2026-11-21T15:00:00+00:00",
    target=Target(deploy="deploys/phase1.py", inventory="inventories/lab.py", data={"a": "1"}),
    clusters={"lab": "uid-of-the-lab"},
    operations=(
        Operation(
            host="@kube/lab",
            operation="Apply",
            changes=(
                Change("ConfigMap", "ns/a", "update", "-1\n+2", before="sha256:1"),
                Change("ConfigMap", "ns/b", "unchanged"),
            ),
        ),
    ),
)


def test_there_and_back() -> None:
    assert parse(dump(PLAN), "plan.json", "0.1.0") == PLAN


def edited(change: Callable[[dict[str, Any]], object], *, anew: bool = False) -> str:
    document = json.loads(dump(PLAN))
    change(document)
    if anew:  # by somebody who knows how
        document.pop("digest")
        document["digest"] = digest(document)
    return json.dumps(document)


def change_a_diff(document: dict[str, Any]) -> None:
    document["plan"]["operations"][0]["changes"][0]["diff"] = "-1\n+3"


BAD = {
    "empty": ("", "cut off"),
    "cut off": (dump(PLAN)[:-40], "cut off"),
    "something else": ('["a"]', "no plan that this version can read"),
    "of a later schema": (
        edited(lambda document: document.update(schema="lakestead.plan/v2")),
        "no plan that this version can read",
    ),
    "edited": (edited(change_a_diff), "edited or damaged"),
    "with something added": (
        edited(lambda document: document["plan"].update(more=1)),
        "edited or damaged",
    ),
    "without its digest": (edited(lambda document: document.pop("digest")), "edited or damaged"),
    "of another version": (
        edited(lambda document: document["plan"].update(lakestead="0.0.9"), anew=True),
        "another version",
    ),
    "without a plan": (edited(lambda document: document.pop("plan"), anew=True), "another version"),
    "not as the schema": (
        edited(lambda document: document["plan"].pop("operations"), anew=True),
        "not what its schema says",
    ),
}


@pytest.mark.parametrize(("text", "reason"), BAD.values(), ids=BAD)
def test_bad_plans(text: str, reason: str) -> None:
    with pytest.raises(Refused, match=reason) as refused:
        parse(text, "plan.json", "0.1.0")

    assert refused.value.where == "plan.json"
    assert refused.value.exit_code == REFUSED


def test_a_plan_for_another_cluster() -> None:
    check_clusters(PLAN, {"lab": "uid-of-the-lab"}, "plan.json")

    with pytest.raises(Refused, match="another cluster") as refused:
        check_clusters(PLAN, {"lab": "uid-of-another"}, "plan.json")

    assert refused.value.expected == "lab (uid-of-the-lab)"
