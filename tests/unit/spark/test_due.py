"""Which sample jobs are to be run: what the plan says of each."""

from __future__ import annotations

from typing import Any

import pytest

from lakestead.errors import LakesteadError
from lakestead.kube.client import ObjectRef
from lakestead.settings import Settings
from lakestead.spark.application import application
from lakestead.spark.due import due
from lakestead.spark.sample import jobs
from lakestead.spark.table import Looked

RIGHT, WRONG, ABSENT = Looked(1050, 0), Looked(1040, 10), Looked(None, 1050)
NONE: dict[str, str] = {}


def every(why: str, action: str) -> dict[str, str]:
    return {name: f"{action}: {why}" for name in ("ingest", "merge", "compact")}


class Cluster:
    """It has all three jobs, or none."""

    def __init__(self, settings: Settings, state: str | None, **metadata: Any) -> None:
        self.there: dict[ObjectRef, dict[str, Any]] = {}
        for job in jobs(settings) if state else []:
            obj = application(settings, job)
            obj["metadata"] |= metadata
            obj["status"] = {"applicationState": {"state": state}}
            self.there[ObjectRef.of(obj)] = obj

    def get(self, ref: ObjectRef) -> dict[str, Any] | None:
        return self.there.get(ref)


@pytest.mark.parametrize(
    ("state", "looked", "raw", "wanted"),
    [
        (None, ABSENT, True, every("it has not been run", "create")),
        ("COMPLETED", RIGHT, False, NONE),
        ("FAILED", RIGHT, False, every("it is failed", "update")),
        ("COMPLETED", RIGHT, True, every("its raw files are put there anew", "update")),
        ("COMPLETED", ABSENT, False, every("the table is not there", "update")),
        ("COMPLETED", WRONG, False, every("10 of its rows are not as they should be", "update")),
    ],
)
def test_what_is_run(
    settings: Settings, state: str | None, looked: Looked, raw: bool, wanted: dict[str, str]
) -> None:
    found = due(Cluster(settings, state), settings, looked, raw)  # type: ignore[arg-type]
    assert {name: f"{change.action}: {change.why}" for name, change in found.items()} == wanted
    assert all(change.name == f"spark/{name}" for name, change in found.items())


def test_one_that_is_another_now_is_an_update(settings: Settings) -> None:
    assert settings.spark is not None
    cluster = Cluster(settings, "COMPLETED")
    more = settings.spark.model_copy(update={"retries": 7})
    changed = settings.model_copy(update={"spark": more})
    found = due(cluster, changed, RIGHT, False)  # type: ignore[arg-type]
    said = {name: f"{change.action}: {change.why}" for name, change in found.items()}
    assert said == every("it is another one now", "update")


def test_somebody_elses_is_refused(settings: Settings) -> None:
    cluster = Cluster(settings, "COMPLETED", labels={})
    with pytest.raises(LakesteadError, match="that is not Lakestead's"):
        due(cluster, settings, RIGHT, False)  # type: ignore[arg-type]
