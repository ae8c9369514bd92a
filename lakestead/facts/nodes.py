"""The cluster's nodes: cores, memory, disk; allocatable, requested, used."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any
from urllib.parse import quote

from typing_extensions import override

from lakestead.errors import LakesteadError
from lakestead.facts.query import ApiFact, ApiQuery
from lakestead.kube.client import Api, ApiError
from lakestead.plan.capacity import Amount, Node, Pod, amount, nodes

STATS_TIMEOUT = 5


class Nodes(ApiFact[list[Node]]):
    """Every node of the cluster, with the pods on it.

    From the API alone, so it works for nodes without SSH. What is used comes from each kubelet's
    ``/stats/summary`` through the API, or from metrics-server, and is unknown where neither answers.

    .. code:: python

        host.get_fact(Nodes)  # on a host @kube/<context>
    """

    @override
    def command(self) -> ApiQuery:
        return ApiQuery("nodes and their pods", read)

    @override
    def parse(self, answer: Any) -> list[Node]:
        return [_node(item) for item in answer]


def read(api: Api) -> list[dict[str, Any]]:
    """The nodes as JSON can say them."""
    api_nodes = api.list("v1", "Node")
    api_pods = api.list("v1", "Pod")
    return [asdict(node) for node in nodes(api_nodes, api_pods, _stats(api, api_nodes))]


def _stats(api: Api, api_nodes: list[dict[str, Any]]) -> dict[str, dict[str, Any] | None]:
    names = [node["metadata"]["name"] for node in api_nodes]
    with ThreadPoolExecutor(8) as pool:
        summaries = list(pool.map(lambda name: _summary(api, name), names))
    stats = dict(zip(names, summaries, strict=True))
    if any(summary is None for summary in summaries):
        for name, summary in _metrics(api).items():
            stats[name] = stats.get(name) or summary
    return stats


def _summary(api: Api, node: str) -> dict[str, Any] | None:
    path = f"/api/v1/nodes/{quote(node)}/proxy/stats/summary"
    # Where a kubelet cannot tell its file systems apart it refuses the whole, but not this part.
    for query in ({}, {"only_cpu_and_memory": "true"}):
        try:
            answer = api.raw("GET", path, query=query, timeout=STATS_TIMEOUT)
        except ApiError as error:
            if error.status == 500:
                continue
            return None
        except LakesteadError:
            return None
        return answer if isinstance(answer, dict) else None
    return None


def _metrics(api: Api) -> dict[str, dict[str, Any]]:
    """metrics-server's figures in the form of a summary."""
    try:
        found = api.list("metrics.k8s.io/v1beta1", "NodeMetrics")
    except LakesteadError:
        return {}
    summaries = {}
    for item in found:
        usage = amount(item.get("usage"))
        summaries[item["metadata"]["name"]] = {
            "node": {
                "cpu": {"usageNanoCores": usage.cpu * 1_000_000},
                "memory": {"workingSetBytes": usage.memory},
            }
        }
    return summaries


def _node(item: dict[str, Any]) -> Node:
    pods = [
        Pod(pod["namespace"], pod["name"], Amount(**pod["requests"]), tuple(pod["component"]))
        for pod in item["pods"]
    ]
    amounts = {name: Amount(**item[name]) for name in ("capacity", "allocatable")}
    used = Amount(**item["used"]) if item["used"] else None
    return Node(**{**item, **amounts, "used": used, "pods": pods})
