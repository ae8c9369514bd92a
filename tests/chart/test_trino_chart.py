"""Trino's chart on a real API server: its kinds, and what Pod Security and budgets make of it."""

from __future__ import annotations

import copy
import subprocess
from pathlib import Path
from typing import Any

import pytest

from lakestead.lab.golang import go_program
from tasks.trino import CHART
from tests.chart.conftest import NAMESPACE, Cluster, Object, Render
from tests.chart.test_chart import WORSE, names, of_kind

SERVERS = ("coordinator", "worker")


def deployment(objects: list[Object], server: str) -> Object:
    [found] = [o for o in of_kind(objects, "Deployment") if o["metadata"]["name"].endswith(server)]
    return found


def pod(objects: list[Object], server: str, name: str) -> Object:
    """A pod of a Deployment, as its ReplicaSet makes it."""
    template = copy.deepcopy(deployment(objects, server)["spec"]["template"])
    for constraint in template["spec"].get("topologySpreadConstraints", ()):
        constraint.pop("matchLabelKeys")  # of a hash that a ReplicaSet gives
    metadata = {**template["metadata"], "name": name, "namespace": NAMESPACE}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}


def properties(objects: list[Object], server: str) -> dict[str, str]:
    [found] = [o for o in of_kind(objects, "ConfigMap") if o["metadata"]["name"].endswith(server)]
    lines = found["data"]["config.properties"].splitlines()
    return dict(line.split("=", 1) for line in lines)


def test_the_server_takes_every_object_as_it_is(cluster: Cluster, render_trino: Render) -> None:
    objects = render_trino()
    assert {obj["kind"] for obj in objects} == {
        "ConfigMap", "Deployment", "NetworkPolicy", "PodDisruptionBudget", "PrometheusRule",
        "Service", "ServiceAccount", "ServiceMonitor",
    }  # fmt: skip
    assert cluster.apply(*objects) == ""


def test_kinds_that_may_not_be_there_are_made_only_where_settings_ask_for_them(
    render_trino: Render,
) -> None:
    off = render_trino(monitoring={"prometheus_operator": False, "dashboards": False})
    assert of_kind(off, "ServiceMonitor") == of_kind(off, "PrometheusRule") == []
    assert "trino-dashboard" not in [obj["metadata"]["name"] for obj in off]


def test_prometheus_finds_the_metrics_of_every_server(render_trino: Render) -> None:
    objects = render_trino()
    [monitor] = of_kind(objects, "ServiceMonitor")
    wanted = monitor["spec"]["selector"]["matchLabels"].items()
    services = [o for o in of_kind(objects, "Service") if wanted <= o["metadata"]["labels"].items()]
    jobs = [o["metadata"]["labels"][monitor["spec"]["jobLabel"]] for o in services]
    assert jobs == [f"trino-{server}" for server in SERVERS]
    for server, service in zip(SERVERS, services, strict=True):
        template = deployment(objects, server)["spec"]["template"]
        selector = service["spec"]["selector"].items()
        assert selector <= template["metadata"]["labels"].items()
        ports = {port["name"]: port for port in template["spec"]["containers"][0]["ports"]}
        [endpoint], [port] = monitor["spec"]["endpoints"], service["spec"]["ports"]
        assert endpoint["port"] == port["name"]
        assert ports[port["targetPort"]]["containerPort"] == 9404


@pytest.mark.parametrize("server", SERVERS)
def test_the_namespace_takes_the_pods(cluster: Cluster, render_trino: Render, server: str) -> None:
    objects = render_trino()
    assert cluster.apply(*of_kind(objects, "ServiceAccount")) == ""
    assert cluster.apply(pod(objects, server, f"{server}-as-it-is")) == ""


@pytest.mark.parametrize("says", WORSE)
def test_the_namespace_refuses_a_pod_that_may_do_more(
    cluster: Cluster, render_trino: Render, says: str
) -> None:
    worse = pod(render_trino(), "worker", "worse")
    worse["spec"]["containers"][0]["securityContext"] |= WORSE[says]
    assert says in cluster.apply(worse)


@pytest.mark.parametrize("server", SERVERS)
def test_pods_write_where_they_must_and_have_no_token(render_trino: Render, server: str) -> None:
    spec = pod(render_trino(), server, "x")["spec"]
    [container] = spec["containers"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    writable = {m["mountPath"] for m in container["volumeMounts"] if not m.get("readOnly")}
    assert writable == {"/data/trino", "/tmp"}
    assert spec["automountServiceAccountToken"] is False


def test_a_worker_has_longer_than_its_queries_are_waited_for(render_trino: Render) -> None:
    objects = render_trino(trino={"drain_seconds": 100, "grace_seconds": 7})
    spec = pod(objects, "worker", "x")["spec"]
    assert spec["terminationGracePeriodSeconds"] == 114
    assert properties(objects, "worker")["shutdown.grace-period"] == "7s"
    assert "lifecycle" not in pod(objects, "coordinator", "x")["spec"]["containers"][0]


def test_the_memory_of_every_server_is_of_its_allocation(render_trino: Render) -> None:
    objects = render_trino()
    for server, heap, query in (("coordinator", 6963, 4178), ("worker", 20889, 12533)):
        [files] = [
            o["data"]
            for o in of_kind(objects, "ConfigMap")
            if o["metadata"]["name"] == f"trino-{server}"
        ]
        assert f"-Xmx{heap}M\n" in files["jvm.config"]
        assert properties(objects, server)["query.max-memory-per-node"] == f"{query}MB"
        assert properties(objects, server)["query.max-memory"] == f"{2 * 12533}MB"


def test_clients_come_in_with_tls_and_a_password_only(render_trino: Render) -> None:
    objects = render_trino()
    coordinator, worker = properties(objects, "coordinator"), properties(objects, "worker")
    assert coordinator["http-server.authentication.type"] == "PASSWORD"
    assert coordinator["http-server.https.enabled"] == "true"
    # Over HTTP there is no certificate, and no name is believed: only servers come in.
    for server in (coordinator, worker):
        assert server["http-server.authentication.allow-insecure-over-http"] == "false"
    assert worker["http-server.authentication.type"] == "CERTIFICATE"
    assert "http-server.https.enabled" not in worker
    services = {o["metadata"]["name"]: o["spec"] for o in of_kind(objects, "Service")}
    assert [port["name"] for port in services["trino"]["ports"]] == ["https"]
    assert services["trino-discovery"]["clusterIP"] == "None"


def test_the_network_policy_names_who_may_come_and_where_the_pods_may_go(
    render_trino: Render,
) -> None:
    [policy] = of_kind(render_trino(), "NetworkPolicy")
    clients, servers, prometheus = policy["spec"]["ingress"]
    assert (names(clients["from"]), clients["ports"]) == (
        [NAMESPACE, "airflow", "10.0.0.0/24"],
        [{"port": "https"}],
    )
    [peer] = servers["from"]
    assert peer["podSelector"] == policy["spec"]["podSelector"]
    assert (names(prometheus["from"]), prometheus["ports"]) == (
        ["monitoring"],
        [{"port": "metrics"}],
    )
    assert names(policy["spec"]["egress"][2]["to"]) == [NAMESPACE, "storage"]


@pytest.mark.parametrize(
    ("changed", "restarts"),
    [
        ({"trino": {"queries": {"concurrent": 3}}}, {"coordinator"}),
        ({"trino": {"properties": {"query.max-run-time": "1h"}}}, {"coordinator", "worker"}),
        ({"trino": {"drain_seconds": 700}}, set()),
    ],
)
def test_servers_start_anew_where_their_configuration_changes(
    render_trino: Render, changed: dict[str, Any], restarts: set[str]
) -> None:
    def sums(objects: list[Object]) -> dict[str, Any]:
        return {
            server: pod(objects, server, "x")["metadata"]["annotations"]["checksum/configuration"]
            for server in SERVERS
        }

    before, after = sums(render_trino()), sums(render_trino(**changed))
    assert {server for server in SERVERS if before[server] != after[server]} == restarts


def test_a_value_that_the_chart_does_not_know_is_refused(tmp_path: Path) -> None:
    helm = go_program("helm")
    helm.ensure()
    values = tmp_path / "values.yaml"
    values.write_text("image: {repository: trino}\nworker: {gracefulShutdwon: {enabled: false}}\n")
    command = [str(helm.program("helm")), "template", "trino", str(CHART), "--values", str(values)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode != 0
    assert "gracefulShutdwon" in done.stderr
