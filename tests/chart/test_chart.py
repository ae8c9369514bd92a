"""The metastore's chart on a real API server: its kinds, and what Pod Security and budgets make of it."""

from __future__ import annotations

import copy
import json
from typing import Any

import promql_parser
import pytest

from tests.chart.conftest import NAMESPACE, Cluster, Object, Render


def of_kind(objects: list[Object], kind: str) -> list[Object]:
    return [obj for obj in objects if obj["kind"] == kind]


def pod(objects: list[Object], name: str) -> Object:
    """A pod of the Deployment, as its ReplicaSet makes it."""
    [deployment] = of_kind(objects, "Deployment")
    template = copy.deepcopy(deployment["spec"]["template"])
    for constraint in template["spec"]["topologySpreadConstraints"]:
        constraint.pop("matchLabelKeys")  # of a hash that a ReplicaSet gives
    metadata = {**template["metadata"], "name": name, "namespace": NAMESPACE}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}


def test_the_server_takes_every_object_as_it_is(cluster: Cluster, render: Render) -> None:
    objects = render()
    assert {obj["kind"] for obj in objects} == {
        "ConfigMap", "Deployment", "NetworkPolicy", "PodDisruptionBudget", "PriorityClass",
        "PrometheusRule", "Service", "ServiceAccount", "ServiceMonitor",
    }  # fmt: skip
    assert cluster.apply(*objects) == ""


def test_kinds_that_may_not_be_there_are_made_only_where_settings_ask_for_them(
    render: Render,
) -> None:
    off = render(monitoring={"prometheus_operator": False, "dashboards": False})
    assert of_kind(off, "ServiceMonitor") == of_kind(off, "PrometheusRule") == []
    assert [obj["metadata"]["name"] for obj in of_kind(off, "ConfigMap")] == ["hive-metastore"]
    assert of_kind(render(metastore={"network": None}), "NetworkPolicy") == []
    own = render(metastore={"priority_class": "platform"})
    assert of_kind(own, "PriorityClass") == []
    assert pod(own, "x")["spec"]["priorityClassName"] == "platform"


@pytest.mark.parametrize(
    ("kind", "mistake"),
    [
        ("ServiceMonitor", {"endpoints": [{"port": "metrics", "intervall": "30s"}]}),
        ("PrometheusRule", {"groups": [{"name": "x", "rules": [{"alert": "X"}]}]}),
        ("NetworkPolicy", {"ingress": [{"form": []}]}),
    ],
)
def test_a_mistake_would_be_seen(
    cluster: Cluster, render: Render, kind: str, mistake: dict[str, Any]
) -> None:
    [wrong] = of_kind(render(), kind)
    wrong["metadata"]["name"] = "wrong"
    wrong["spec"] |= mistake
    assert cluster.apply(wrong) != ""


def test_the_namespace_takes_the_metastores_pods(cluster: Cluster, render: Render) -> None:
    objects = render()
    assert cluster.apply(*of_kind(objects, "PriorityClass")) == ""
    assert cluster.apply(pod(objects, "as-it-is")) == ""


WORSE = {
    "privileged": {"privileged": True, "allowPrivilegeEscalation": True},
    "allowPrivilegeEscalation": {"allowPrivilegeEscalation": True},
    "runAsUser=0": {"runAsUser": 0},
    "unrestricted capabilities": {"capabilities": {"add": ["NET_ADMIN"]}},
    "seccompProfile": {"seccompProfile": {"type": "Unconfined"}},
}


@pytest.mark.parametrize("says", WORSE)
def test_the_namespace_refuses_a_pod_that_may_do_more(
    cluster: Cluster, render: Render, says: str
) -> None:
    worse = pod(render(), "worse")
    worse["spec"]["containers"][0]["securityContext"] |= WORSE[says]
    refusal = cluster.apply(worse)
    assert 'violates PodSecurity "restricted:latest"' in refusal
    assert says in refusal


def test_every_container_has_a_read_only_root_and_no_token(render: Render) -> None:
    spec = pod(render(), "x")["spec"]
    containers = [*spec["initContainers"], *spec["containers"]]
    assert all(each["securityContext"]["readOnlyRootFilesystem"] for each in containers)
    assert spec["automountServiceAccountToken"] is False
    [account] = of_kind(render(), "ServiceAccount")
    assert account["automountServiceAccountToken"] is False
    assert spec["serviceAccountName"] == account["metadata"]["name"] != "default"


def test_a_pod_that_ends_has_longer_than_its_clients_are_waited_for(render: Render) -> None:
    spec = pod(render(), "x")["spec"]
    [*_, seconds] = spec["containers"][0]["lifecycle"]["preStop"]["exec"]["command"]
    assert spec["terminationGracePeriodSeconds"] > int(seconds)


@pytest.mark.parametrize("chart", ["render", "render_trino"])
def test_prometheus_can_read_every_expression(chart: str, request: pytest.FixtureRequest) -> None:
    objects = request.getfixturevalue(chart)()
    [rule] = of_kind(objects, "PrometheusRule")
    expressions = [item["expr"] for group in rule["spec"]["groups"] for item in group["rules"]]
    [dashboard] = [
        obj for obj in of_kind(objects, "ConfigMap") if "grafana_dashboard" in labels(obj)
    ]
    [text] = dashboard["data"].values()
    for panel in json.loads(text)["panels"]:
        expressions += [target["expr"] for target in panel["targets"]]
    assert len(expressions) > 15
    for expression in expressions:
        promql_parser.parse(expression.replace("$namespace", "data-platform"))


def labels(obj: Object) -> Object:
    found: Object = obj["metadata"]["labels"]
    return found


def test_the_network_policy_names_who_may_come_and_where_the_pods_may_go(render: Render) -> None:
    [policy] = of_kind(render(), "NetworkPolicy")
    spec = policy["spec"]
    clients, prometheus = spec["ingress"]
    assert spec["policyTypes"] == ["Ingress", "Egress"]
    assert names(clients["from"]) == [NAMESPACE, "spark", "trino", "airflow", "10.0.0.0/24"]
    assert (names(prometheus["from"]), prometheus["ports"]) == (
        ["monitoring"],
        [{"port": "metrics"}],
    )
    assert [names(rule["to"]) for rule in spec["egress"]] == [
        ["kube-system"],
        ["databases", "storage"],
    ]


def names(peers: list[Object]) -> list[str]:
    return [
        peer["ipBlock"]["cidr"]
        if "ipBlock" in peer
        else peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"]
        for peer in peers
    ]
