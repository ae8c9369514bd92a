"""The gate before objects that only the Prometheus Operator's CRDs make known."""

from __future__ import annotations

from typing import Any, cast

import pytest

from lakestead.gates.monitoring import monitoring_kinds
from lakestead.kube.client import Api


class Cluster:
    def __init__(self, *kinds: str) -> None:
        self.kinds = kinds

    def served(self, api_version: str, kind: str) -> Any:
        assert api_version == "monitoring.coreos.com/v1"
        return kind if kind in self.kinds else None


@pytest.mark.parametrize(
    ("kinds", "answer", "saw"),
    [
        (("ServiceMonitor", "PrometheusRule"), "pass", "ServiceMonitor and PrometheusRule"),
        (("ServiceMonitor",), "fail", "no PrometheusRule"),
        ((), "fail", "no ServiceMonitor and no PrometheusRule"),
    ],
)
def test_both_kinds_must_be_there(kinds: tuple[str, ...], answer: str, saw: str) -> None:
    gate = monitoring_kinds(cast(Api, Cluster(*kinds)))
    assert (gate.answer, gate.saw) == (answer, saw)
