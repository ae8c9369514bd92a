"""The failing run: what it must fail of, and what must be as before."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lakestead.airflow.client import Run
from lakestead.errors import LakesteadError
from lakestead.pipeline import drill
from lakestead.pipeline.data import DRILL, TARGETS, deliveries, rows
from lakestead.pipeline.look import Answer, Looked
from lakestead.pipeline.questions import QUESTIONS
from lakestead.settings import Settings
from lakestead.spark.failures import BAD_FILE
from tests.unit.pipeline.test_runs import Airflow

[DELIVERY] = deliveries(DRILL)
ROWS = rows(TARGETS, deliveries(1)[0].files)
BEFORE = drill.Seen(
    Looked({"targets": ROWS}, {"targets": 7}),
    [Answer(QUESTIONS[2], ["kind", "targets"], [("galaxy", 3)])],
    ["s3://lake/old"],
)


def failed(settings: Settings, after: drill.Seen, error: str | None = BAD_FILE) -> list[str]:
    """The drill, with this seen after the run, which fails with this."""
    seen = [BEFORE, after]

    def follow(*_: Any) -> str:
        if error is None:
            return "success"
        raise LakesteadError(f"DAG run x failed: {error}")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drill, "follow", follow)
        airflow: Any = Airflow(Run("other", "running"))
        nothing: Any = None
        return drill.fail(nothing, airflow, settings, DELIVERY, lambda: seen.pop(0), print)


def test_a_failure_that_leaves_nothing_is_told(settings: Settings) -> None:
    after = replace(BEFORE, orphans=["s3://lake/old", "s3://lake/new"])
    said = failed(settings, after)
    assert said[0] == f"failed, as it should: DAG run x failed: {BAD_FILE}"
    assert "still at snapshot 7, with 120 rows" in said[1]
    assert said[2].endswith(": 1")


def test_another_failure_or_none_is_an_error(settings: Settings) -> None:
    with pytest.raises(LakesteadError, match="the gateway does not answer"):
        failed(settings, BEFORE, "the gateway does not answer")
    with pytest.raises(LakesteadError, match="has succeeded, with a file in which"):
        failed(settings, BEFORE, None)


MORE = [*ROWS, *rows(TARGETS, ["targets-3.csv"])]


def test_what_was_there_before_was_not_left_behind() -> None:
    before = replace(BEFORE, looked=Looked({"targets": MORE}, {"targets": 7}))
    drill.compare(before, before, DELIVERY)
    more = [*MORE, *rows(TARGETS, ["targets-4.csv"])]
    after = replace(BEFORE, looked=Looked({"targets": more}, {"targets": 7}))
    with pytest.raises(LakesteadError) as caught:
        drill.compare(before, after, DELIVERY)
    assert caught.value.found == "table targets has rows of targets-4.csv"


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (replace(BEFORE, looked=Looked({"targets": ROWS}, {"targets": 8})), "snapshot 7 before, 8"),
        (
            replace(BEFORE, looked=Looked({"targets": MORE}, {"targets": 7})),
            "table targets has rows of targets-3.csv",
        ),
        (
            replace(BEFORE, looked=Looked({"targets": ROWS, "x": []}, {"targets": 7, "x": 1})),
            "table x: snapshot None before, 1 after",
        ),
        (
            replace(BEFORE, answers=[replace(BEFORE.answers[0], rows=[("galaxy", 4)])]),
            "another answer: How many targets",
        ),
    ],
    ids=["snapshot", "rows", "table", "answer"],
)
def test_what_is_left_behind_is_an_error(settings: Settings, after: drill.Seen, said: str) -> None:
    with pytest.raises(LakesteadError, match="has left something that is read") as caught:
        failed(settings, after)
    assert said in caught.value.found
