"""Phase 1 as the later phases find it."""

from __future__ import annotations

from typing import Any

import pytest

from lakestead.gates.metastore import phase_1_healthy
from lakestead.kube.client import ObjectRef
from tests.unit.trino.test_secrets import settings

READY = {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}
SERVING = {"spec": {"replicas": 2}, "status": {"readyReplicas": 1}}
SECRET: dict[str, Any] = {"data": {}}


class Cluster:
    def __init__(self, **there: dict[str, Any]) -> None:
        self.there = there

    def get(self, ref: ObjectRef) -> dict[str, Any] | None:
        return self.there.get(ref.kind)


@pytest.mark.parametrize(
    ("there", "answers", "saw"),
    [
        (
            {"HelmRelease": READY, "Deployment": SERVING, "Secret": SECRET},
            ["pass", "pass"],
            "release Ready=True; 1 of 2 replicas serve",
        ),
        ({}, ["fail", "fail"], "no HelmRelease data-platform/hive-metastore"),
        (
            {"HelmRelease": READY, "Deployment": {"spec": {"replicas": 2}}, "Secret": SECRET},
            ["fail", "pass"],
            "release Ready=True; 0 of 2 replicas serve",
        ),
        (
            {"HelmRelease": {}, "Deployment": SERVING},
            ["fail", "fail"],
            "release Ready=Unknown; 1 of 2 replicas serve",
        ),
    ],
)
def test_phase_1(there: dict[str, Any], answers: list[str], saw: str) -> None:
    cluster: Any = Cluster(**there)
    gates = phase_1_healthy(cluster, settings())
    assert [gate.answer for gate in gates] == answers
    assert gates[0].saw == saw
