"""Values that a chart does not have are told; those that it may have are not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from lakestead.helm.unknown import unknown

VALUES = """
controller: {workers: 1, resources: {}, leaderElection: {enable: true}}
nodeSelector: {kubernetes.io/os: linux}
worker: {resources: {requests: {cpu: 1}}}
hosts: {default: {port: 80}}
probes: {live: {after: 5}}
image: {registry: here}
"""
TEMPLATE = """
{{ .Values.controller.workers }} {{ .Values.extraArgs }}
{{ toYaml .Values.worker.resources | nindent 4 }}
{{ range $name, $host := .Values.hosts }}{{ $host.port }}{{ end }}
{{ get .Values "probes" | toYaml }}
"""


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    (tmp_path / "values.yaml").write_text(VALUES)
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/deployment.yaml").write_text(TEMPLATE)
    return tmp_path


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ("controller: {workers: 2}", []),
        ("controler: {workers: 2}", ["controler (is it controller?)"]),
        ("controller: {wrokers: 2}", ["controller.wrokers (is it controller.workers?)"]),
        ("controller: {whatever: 2}", ["controller.whatever"]),
        ("controller: {resources: {limits: {cpu: 1}}}", []),
        ("nodeSelector: {disk: ssd}", []),
        ("worker: {resources: {limits: {memory: 1Gi}}}", []),
        ("worker: {resuorces: {}}", ["worker.resuorces (is it worker.resources?)"]),
        ("hosts: {mine: {port: 81}}", []),
        ("probes: {ready: {after: 5}}", []),
        ("extraArgs: [--one]", []),
        ("global: {team: lake}", []),
        ("controller: null", []),
        ("", []),
    ],
)
def test_what_a_chart_does_not_have(chart: Path, values: str, wrong: list[str]) -> None:
    given: dict[str, Any] = yaml.safe_load(values) or {}
    assert unknown(chart, given) == wrong


def test_a_chart_whose_values_are_taken_as_a_whole_may_have_any(chart: Path) -> None:
    (chart / "templates/env.yaml").write_text("{{ toYaml .Values | nindent 2 }}")
    assert unknown(chart, {"anything": 1}) == []


def test_a_chart_with_others_in_it_may_have_values_for_them(chart: Path) -> None:
    (chart / "charts/metrics").mkdir(parents=True)
    assert unknown(chart, {"metrics": {"enabled": True}}) == []


def test_a_chart_without_values_says_nothing(tmp_path: Path) -> None:
    assert unknown(tmp_path, {"anything": 1}) == []
