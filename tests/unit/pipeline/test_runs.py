"""Runs of the DAG: their names, those under way, and a name that is free."""

from __future__ import annotations

from typing import Any

import pytest

from lakestead.airflow.client import Run
from lakestead.errors import LakesteadError
from lakestead.pipeline.data import DELIVERIES, DRILL, deliveries
from lakestead.pipeline.runs import begin, name, parameters
from lakestead.settings import Settings


class Airflow:
    """Knows these runs; ``old`` ones are not among the newest hundred any more."""

    def __init__(
        self, *runs: Run, old: tuple[str, ...] = (), dag: bool = True, paused: bool = False
    ) -> None:
        self.known, self.old, self.there, self.paused = list(runs), old, dag, paused
        self.triggered: list[tuple[str, dict[str, str]]] = []

    def dag(self, _: str) -> dict[str, Any] | None:
        return {"is_paused": self.paused} if self.there else None

    def runs(self, _: str) -> list[Run]:
        return self.known

    def run(self, _: str, run: str) -> Run | None:
        return Run(run, "success") if run in self.old else None

    def trigger(self, _: str, run: str, parameters: dict[str, str]) -> Run:
        self.triggered.append((run, parameters))
        return Run(run, "queued")


def test_a_delivery_has_runs_of_its_own(settings: Settings) -> None:
    names = [name(settings, each, broken=broken) for each in DELIVERIES for broken in (False, True)]
    assert len(set(names)) == len(names)
    # A label's value in Kubernetes, with a number behind it.
    assert all(len(each) <= 60 for each in names)


def test_a_run_is_made_followed_or_numbered_on(settings: Settings) -> None:
    [delivery] = deliveries(DRILL)
    whole, broken = (name(settings, delivery, broken=broken) for broken in (False, True))
    other = Run(f"{broken}-1", "running")
    failed, going = Run(f"{whole}-1", "failed"), Run(f"{whole}-2", "running")

    fresh: Any = Airflow(other)
    assert begin(fresh, settings, delivery) == Run(f"{whole}-1", "queued")
    assert fresh.triggered == [(f"{whole}-1", parameters(settings, delivery))]
    assert begin(fresh, settings, delivery, broken=True) == other
    under_way: Any = Airflow(failed, going)
    assert begin(under_way, settings, delivery) == going
    assert under_way.triggered == []
    again: Any = Airflow(failed, old=(f"{whole}-2",))
    assert begin(again, settings, delivery).id == f"{whole}-3"


def test_parameters_are_what_the_job_is_to_do(settings: Settings) -> None:
    targets, observations = (parameters(settings, each) for each in deliveries(1))
    assert targets["folder"] == "s3a://lakehouse/raw/sample/day-1/targets"
    assert (targets["table"], targets["partition"]) == ("sample.targets", "none")
    assert observations["partition"] == "months(started_at)"


def test_without_the_dag_it_is_told_who_brings_it(settings: Settings) -> None:
    nothing: Any = Airflow(dag=False)
    with pytest.raises(LakesteadError, match="Airflow has no DAG lakestead_ingest") as caught:
        begin(nothing, settings, DELIVERIES[0])
    assert "phase 2" in caught.value.do


def test_a_paused_dag_is_told_before_a_run_is_triggered(settings: Settings) -> None:
    paused: Any = Airflow(paused=True)
    with pytest.raises(LakesteadError, match="DAG lakestead_ingest is paused") as caught:
        begin(paused, settings, DELIVERIES[0])
    assert settings.airflow is not None
    assert caught.value.where == settings.airflow.url
    assert "unpause it" in caught.value.do
    assert paused.triggered == []
