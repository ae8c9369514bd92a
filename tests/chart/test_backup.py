"""What is rendered for backups, on a real API server: CronJob, NetworkPolicies, alerts."""

from __future__ import annotations

import runpy
from typing import Any

import promql_parser
import pytest
import yaml

from lakestead.backup.jobs import APP, TEMPORARY, app_files
from lakestead.settings import Settings
from lakestead.settings.source import Sources
from tests.chart.conftest import NAMESPACE, PROJECT, Cluster, Object


def rendered(**changed: Any) -> list[Object]:
    """What Flux applies of the folder, with the homelab's settings and some of them changed."""
    data = runpy.run_path(str(PROJECT / "group_data/anton.py"))
    sections = {name: data[name] for name in Settings.model_fields if name in data}
    for name, section in changed.items():
        sections[name] = {**sections[name], **section}
    made = app_files(Settings.load(sections, Sources()), "our-uid")
    kustomization = yaml.safe_load(made[f"{APP}/app/kustomization.yaml"])
    listed = {f"{APP}/app/{name.removeprefix('./')}" for name in kustomization["resources"]}
    there = {path for path in made if "/app/" in path and not path.endswith("kustomization.yaml")}
    assert listed == there
    objects = [obj for path in sorted(listed) for obj in yaml.safe_load_all(made[path]) if obj]
    for obj in objects:
        obj["metadata"]["namespace"] = NAMESPACE  # Flux' targetNamespace
    return objects


@pytest.fixture(scope="module")
def objects() -> list[Object]:
    return rendered()


def of_kind(objects: list[Object], kind: str) -> list[Object]:
    return [obj for obj in objects if obj["kind"] == kind]


def test_the_server_takes_every_object_as_it_is(cluster: Cluster, objects: list[Object]) -> None:
    assert [obj["kind"] for obj in objects] == [
        "CronJob", "NetworkPolicy", "NetworkPolicy", "PrometheusRule",
    ]  # fmt: skip
    assert cluster.apply(*objects) == ""


def test_kinds_that_may_not_be_there_are_made_only_where_settings_ask_for_them() -> None:
    off = rendered(metastore={"network": None}, monitoring={"prometheus_operator": False})
    assert [obj["kind"] for obj in off] == ["CronJob"]


def test_nobody_calls_its_pods_and_they_reach_what_the_metastore_does(
    objects: list[Object],
) -> None:
    own, temporary = (policy["spec"] for policy in of_kind(objects, "NetworkPolicy"))
    [cron] = of_kind(objects, "CronJob")
    labels = cron["spec"]["jobTemplate"]["spec"]["template"]["metadata"]["labels"]
    assert own["podSelector"]["matchLabels"].items() <= labels.items()
    assert temporary["podSelector"]["matchExpressions"] == [
        {"key": TEMPORARY, "operator": "Exists"}
    ]
    for spec in (own, temporary):
        assert spec["policyTypes"] == ["Ingress", "Egress"]
        assert "ingress" not in spec
        dns, servers = spec["egress"]
        assert {port["port"] for port in dns["ports"]} == {53}
        assert [
            peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"]
            for peer in servers["to"]
        ] == ["databases", "storage"]


def test_prometheus_can_read_every_expression(objects: list[Object]) -> None:
    [rule] = of_kind(objects, "PrometheusRule")
    expressions = [item["expr"] for group in rule["spec"]["groups"] for item in group["rules"]]
    assert len(expressions) == 2
    for expression in expressions:
        promql_parser.parse(expression)
        assert 'cronjob="metadata-backup"' in expression
        assert f"> {26 * 3600}" in expression
