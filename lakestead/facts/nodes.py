"""The cluster's nodes: cores, memory, disk; allocatable, requested, used."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from pydantic import TypeAdapter
from typing_extensions import override

from lakestead.facts import cluster
from lakestead.facts.query import ApiFact, ApiQuery
from lakestead.kube.client import Api
from lakestead.plan.capacity import Node

_NODES = TypeAdapter(list[Node])


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
        return _NODES.validate_python(answer)


def read(api: Api) -> list[dict[str, Any]]:
    """The nodes as JSON can say them."""
    return [asdict(node) for node in cluster.read(api).nodes]
