"""Reading a cluster: every page, once; what is missing is unknown, and said."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lakestead.errors import LakesteadError
from lakestead.facts import nodes
from lakestead.facts.cluster import METRICS, read
from lakestead.facts.nodes import Nodes
from lakestead.kube import paging
from lakestead.kube.client import Api
from lakestead.plan.capacity import Amount
from tests.fake_api import FakeApi, forbidden

PODS, NODES = "/api/v1/pods", "/api/v1/nodes"


def node(name: str, **allocatable: str) -> dict[str, Any]:
    return {
        "metadata": {"name": name},
        "status": {
            "allocatable": allocatable or {"cpu": "2", "memory": "4Gi"},
            "conditions": [{"type": "Ready", "status": "True"}],
        },
    }


def pod(name: str, on: str = "a", **requests: str) -> dict[str, Any]:
    container = {"name": "c", "resources": {"requests": requests}}
    return {
        "metadata": {"name": name, "namespace": "one"},
        "spec": {"nodeName": on, "containers": [container]},
        "status": {"phase": "Running"},
    }


@pytest.fixture
def fake() -> Iterator[FakeApi]:
    with FakeApi.running() as server:
        server.lists = {
            NODES: [node("a"), node("b")],
            PODS: [pod(f"p{number}", cpu="100m", memory="0.5Gi") for number in range(5)],
        }
        yield server


@pytest.fixture
def api(fake: FakeApi, tmp_path: Path) -> Api:
    return Api.from_kubeconfig(fake.kubeconfig(tmp_path))


def test_every_page_is_read_once_and_nothing_else(fake: FakeApi, api: Api) -> None:
    reading = read(api, kubelets=False)

    assert [len(found.pods) for found in reading.nodes] == [5, 0]
    assert reading.nodes[0].free == Amount(1500, 3 * 2**29)
    assert [token for path, token in fake.asked if path == PODS] == ["", "2", "4"]
    # One page each: nodes, namespaces, claims, volumes, classes, drivers, capacities, metrics.
    assert len(fake.asked) == 3 + 8


def test_the_fact_is_the_same_after_it_was_json(fake: FakeApi, api: Api) -> None:
    terms = [{"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": "a"}}}]
    rule = {"requiredDuringSchedulingIgnoredDuringExecution": terms}
    fake.lists[PODS][0]["spec"]["affinity"] = {"podAntiAffinity": rule}
    found = Nodes().parse(json.loads(json.dumps(nodes.read(api))))
    direct = read(api).nodes
    assert [one.to_json() for one in found] == [one.to_json() for one in direct]
    assert found[0].pods[0].rules.affinity == direct[0].pods[0].rules.affinity


def test_odd_quantities_and_pods_without_requests(fake: FakeApi, api: Api) -> None:
    fake.lists[NODES] = [node("a", cpu="1e1", memory="1T", pods="1e2")]
    fake.lists[PODS] = [pod("one", cpu="0.1", memory="1e3"), pod("two"), pod("three", cpu="100u")]
    [found] = read(api, kubelets=False).nodes
    assert (found.allocatable, found.max_pods) == (Amount(10_000, 10**12), 100)
    assert found.requested == Amount(101, 1000)
    assert [item.silent for item in found.pods] == [False, True, True]


def test_more_is_requested_than_there_is(fake: FakeApi, api: Api) -> None:
    fake.lists[PODS] = [pod("big", cpu="3", memory="8Gi")]
    assert read(api, kubelets=False).nodes[0].free == Amount(-1000, -4 * 2**30)


def test_a_connection_that_is_lost_between_pages(
    fake: FakeApi, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "PAUSE", 0.01)
    drops = iter([None, None, None])

    def answer(server: FakeApi, token: str) -> Any:
        if token == "2" and next(drops, "answer") is None:
            return None
        return server.listed(PODS, token)

    fake.answers[PODS] = answer
    assert len(read(api, kubelets=False).nodes[0].pods) == 5


def test_a_list_that_expires_begins_anew(fake: FakeApi, api: Api) -> None:
    expired = iter([True])

    def answer(server: FakeApi, token: str) -> Any:
        if token == "4" and next(expired, False):
            return 410, {
                "reason": "Expired",
                "message": "The provided continue parameter is too old",
            }
        return server.listed(PODS, token)

    fake.answers[PODS] = answer
    assert len(read(api, kubelets=False).nodes[0].pods) == 5
    assert [token for path, token in fake.asked if path == PODS] == ["", "2", "4", "", "2", "4"]


def test_a_list_that_always_expires(fake: FakeApi, api: Api) -> None:
    fake.answers[PODS] = lambda server, token: (
        (410, {"reason": "Expired"}) if token else server.listed(PODS, token)
    )
    with pytest.raises(LakesteadError, match="forgets lists before they have been read"):
        read(api, kubelets=False)


def test_a_list_that_is_forbidden_says_which_permission_is_missing(fake: FakeApi, api: Api) -> None:
    fake.answers[PODS] = lambda *_: forbidden("pods")
    with pytest.raises(LakesteadError) as caught:
        read(api, kubelets=False)
    assert "needs to list pods in the whole cluster, and may not" in str(caught.value)
    assert '{apiGroups: [""], resources: [pods], verbs: [list]}' in str(caught.value)
    assert "auth can-i list pods --all-namespaces" in str(caught.value)


def test_lists_that_it_can_do_without_are_unknown(fake: FakeApi, api: Api) -> None:
    path = "/apis/storage.k8s.io/v1/storageclasses"
    fake.answers[path] = lambda *_: forbidden("storageclasses")
    fake.answers[METRICS] = lambda *_: forbidden("nodes")
    unknown = read(api, kubelets=False).unknown
    assert (
        "storageclasses: permission to list storageclasses of storage.k8s.io is missing" in unknown
    )
    assert "metrics-server: permission to list nodes of metrics.k8s.io is missing" in unknown


def test_half_a_metrics_api(fake: FakeApi, api: Api) -> None:
    fake.lists[NODES].append(node("c"))
    fake.lists[METRICS] = [
        {"metadata": {"name": "a"}, "usage": {"cpu": "250000000n", "memory": "1048576Ki"}},
        {"metadata": {"name": "b"}, "usage": {"cpu": "1"}},
    ]
    reading = read(api, kubelets=False)
    assert [found.used for found in reading.nodes] == [Amount(250, 2**30), None, None]
    assert any("half an answer" in line for line in reading.unknown)
    assert any(line.startswith("use of b, c") for line in reading.unknown)


def test_the_kubelet_tells_disk_and_claims_and_metrics_the_rest(fake: FakeApi, api: Api) -> None:
    volume = {"pvcRef": {"namespace": "one", "name": "data"}, "usedBytes": 7}
    use = {"cpu": {"usageNanoCores": 5_000_000}, "memory": {"workingSetBytes": 9}}
    summary = {
        "node": {"fs": {"capacityBytes": 100, "availableBytes": 40}},
        "pods": [
            {"podRef": {"namespace": "one"}, "volume": [volume], **use},
            {"podRef": {"namespace": "one"}, **use},
        ],
    }
    fake.answers[f"{NODES}/a/proxy/stats/summary"] = lambda *_: (200, summary)
    fake.answers[f"{NODES}/b/proxy/stats/summary"] = lambda *_: (503, {"message": "no kubelet"})
    fake.lists[METRICS] = [{"metadata": {"name": "a"}, "usage": {"cpu": "1", "memory": "1Gi"}}]
    fake.lists["/api/v1/persistentvolumeclaims"] = [
        {"metadata": {"namespace": "one", "name": "data"}, "spec": {"volumeName": "v"}}
    ]
    reading = read(api, kubelets=True)
    first, second = reading.nodes
    assert (first.used, first.disk_used) == (Amount(1000, 2**30), 60)
    assert (second.used, second.disk_used) == (None, None)
    assert reading.cluster.storage.claims["one", "data"].used == 7
    assert reading.used is None
    fake.lists[NODES] = [node("a")]
    assert read(api, kubelets=True).used == {"one": Amount(10, 18)}


def test_pods_of_a_node_that_is_gone_are_told_of(fake: FakeApi, api: Api) -> None:
    fake.lists[PODS].append(pod("ghost", on="gone", cpu="1"))
    reading = read(api, kubelets=False)
    assert sum(len(found.pods) for found in reading.nodes) == 5
    assert any("1 pods are bound to node gone, which is not there" in x for x in reading.unknown)
