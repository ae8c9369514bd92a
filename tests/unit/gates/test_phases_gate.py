"""Is the phase before healthy? A HelmRelease as Flux shows it, and the pods behind it."""

from __future__ import annotations

from typing import Any

import pytest

from lakestead.gates.phases import phase2_gates, release_ready, replica_serves
from lakestead.kube.client import ObjectRef
from lakestead.settings import Settings


class Told:
    """An API with one HelmRelease, or none, or without its kind."""

    def __init__(self, release: dict[str, Any] | None, served: bool = True) -> None:
        self.release, self.kind_is_served = release, served

    def served(self, api_version: str, kind: str) -> object | None:
        return object() if self.kind_is_served else None

    def get(self, ref: ObjectRef) -> dict[str, Any] | None:
        assert str(ref) == "HelmRelease data-platform/hive-metastore"
        return self.release


def release(status: str, message: str) -> dict[str, Any]:
    return {"status": {"conditions": [{"type": "Ready", "status": status, "message": message}]}}


@pytest.mark.parametrize(
    ("api", "answer", "saw"),
    [
        (Told(release("True", "Helm install succeeded")), "pass", "Helm install succeeded"),
        (Told(release("False", "context deadline exceeded")), "fail", "context deadline exceeded"),
        (Told({}), "fail", "Ready unknown"),
        (Told(None), "fail", "it is not there"),
        (Told(None, served=False), "fail", "no HelmReleases"),
    ],
)
def test_only_a_release_that_is_ready_is_healthy(api: Told, answer: str, saw: str) -> None:
    gate = release_ready(api, "The metastore is healthy", "hive-metastore", "data-platform")  # type: ignore[arg-type]
    assert gate.answer == answer
    assert saw in gate.saw
    assert bool(gate.do) == (answer != "pass")


class Running:
    """An API with one Deployment, or none."""

    def __init__(self, deployment: dict[str, Any] | None) -> None:
        self.deployment = deployment

    def get(self, ref: ObjectRef) -> dict[str, Any] | None:
        assert str(ref) == "Deployment data-platform/hive-metastore"
        return self.deployment


@pytest.mark.parametrize(
    ("deployment", "answer", "saw"),
    [
        ({"spec": {"replicas": 2}, "status": {"readyReplicas": 1}}, "pass", "1 of 2"),
        ({"spec": {"replicas": 2}}, "fail", "0 of 2 replicas are ready"),
        (None, "fail", "it is not there"),
    ],
)
def test_one_replica_is_enough(deployment: dict[str, Any] | None, answer: str, saw: str) -> None:
    gate = replica_serves(Running(deployment), "It serves", "hive-metastore", "data-platform")  # type: ignore[arg-type]
    assert gate.answer == answer
    assert saw in gate.saw
    assert bool(gate.do) == (answer != "pass")


class Phase2:
    """An API whose releases are ready, with this script among the jobs."""

    def __init__(self, script: str | None) -> None:
        self.script = script

    def served(self, *_: str) -> object:
        return object()

    def get(self, ref: ObjectRef) -> dict[str, Any] | None:
        if ref.kind == "HelmRelease":
            assert str(ref).split()[1] in ("data-platform/spark-operator", "airflow/airflow")
            return release("True", "Helm upgrade succeeded")
        assert str(ref) == "ConfigMap spark/spark-jobs"
        return None if self.script is None else {"data": {"ingest.py": self.script}}


@pytest.mark.parametrize(
    ("script", "answer", "saw"),
    [("new", "pass", "as it is here"), ("old", "fail", "another one"), (None, "fail", "not there")],
)
def test_phase_2_has_brought_the_job_of_today(
    settings: Settings, script: str | None, answer: str, saw: str
) -> None:
    api: Any = Phase2(script)
    operator, job, airflow = phase2_gates(api, settings, "new")
    assert (operator.answer, airflow.answer) == ("pass", "pass")
    assert job.answer == answer
    assert saw in job.saw
    without = settings.model_copy(update={"airflow": None})
    assert len(phase2_gates(api, without, "new")) == 2
