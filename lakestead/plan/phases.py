"""Which components a phase brings, and the pods that they will run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lakestead.plan.amount import Amount
from lakestead.plan.capacity import Node, Rules
from lakestead.plan.requests import pod_requests
from lakestead.plan.rules import WantedPod

# Lakestead's own components, and the phase that brings each; others say it in their allocation. The
# names are those of their charts' app.kubernetes.io/name.
COMPONENTS: Mapping[str, int] = {
    "hive-metastore": 1,
    "spark-operator": 2,
    "trino-coordinator": 3,
    "trino-worker": 3,
}


# Pods that a component has beyond its replicas during a rollout, as its chart's maxSurge says.
SURGE: Mapping[str, int] = {"hive-metastore": 1}


def component_pods(component: str, replicas: int, requests: Amount) -> list[WantedPod]:
    """One pod for each replica of a component."""
    return [
        WantedPod(f"{component}-{number}" if replicas > 1 else component, requests, component)
        for number in range(1, replicas + 1)
    ]


def rollout_pods(component: str, requests: Amount) -> list[WantedPod]:
    """What a component needs room for beside its replicas, whenever it is rolled out.

    They are of no component: no pod that runs stands for them.
    """
    return [
        WantedPod(f"{component}-rollout" + (f"-{number}" if number > 1 else ""), requests)
        for number in range(1, SURGE.get(component, 0) + 1)
    ]


def workload_pods(objects: Iterable[Mapping[str, Any]], nodes: Iterable[Node]) -> list[WantedPod]:
    """The pods of Deployments and StatefulSets in manifests, unless all of them run already.

    A component that is there is not installed again, whatever it requests.
    """
    there = {component for node in nodes for pod in node.pods for component in pod.component}
    pods = []
    for obj in objects:
        if obj.get("kind") not in ("Deployment", "StatefulSet"):
            continue
        name, spec = str(obj["metadata"]["name"]), obj["spec"]
        template = spec["template"]
        if name in there:
            continue
        for number in range(1, spec.get("replicas", 1) + 1):
            pods.append(
                WantedPod(
                    name=f"{name}-{number}" if spec.get("replicas", 1) > 1 else name,
                    requests=pod_requests(template),
                    component=name,
                    labels=(template.get("metadata") or {}).get("labels") or {},
                    rules=Rules.of(template["spec"]),
                )
            )
    return pods
