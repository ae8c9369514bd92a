"""What a node has, what its pods request, and what one pod requests: as the scheduler counts.

Source of the rules: k8s.io/component-helpers/resource, ``PodRequests``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lakestead.plan.quantity import millicores, whole_bytes

# Labels by which charts name the component that a pod belongs to.
COMPONENT_LABELS = ("app.kubernetes.io/name", "app.kubernetes.io/instance", "app", "k8s-app")


@dataclass(frozen=True, slots=True)
class Amount:
    """CPU in millicores and memory in bytes."""

    cpu: int = 0
    memory: int = 0

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.cpu + other.cpu, self.memory + other.memory)

    def __sub__(self, other: Amount) -> Amount:
        return Amount(self.cpu - other.cpu, self.memory - other.memory)

    def at_least(self, other: Amount) -> Amount:
        """The larger of both, each for itself."""
        return Amount(max(self.cpu, other.cpu), max(self.memory, other.memory))

    def covers(self, other: Amount) -> bool:
        """Whether ``other`` fits into this."""
        return self.cpu >= other.cpu and self.memory >= other.memory


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod that is bound to a node and has not ended.

    + component: what its labels say that it belongs to
    """

    namespace: str
    name: str
    requests: Amount
    component: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Node:
    """One node, from the API alone; None is unknown and never counts as 0.

    + closed: why no new pod may go there: "not ready", "cordoned"; empty if it may
    + taints: those that keep pods away (NoSchedule, NoExecute), as the API has them
    + capacity, allocatable: what it has, and what of that is for pods
    + used: what is in use now, as measured by the kubelet
    + disk, disk_used: bytes of the file system for images, containers and logs
    + max_pods: how many pods it takes
    + pods: those that run or will run there
    """

    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    closed: str = ""
    taints: Sequence[Mapping[str, str]] = ()
    capacity: Amount = Amount()
    allocatable: Amount = Amount()
    used: Amount | None = None
    disk: int | None = None
    disk_used: int | None = None
    max_pods: int = 110
    pods: Sequence[Pod] = ()

    @property
    def requested(self) -> Amount:
        """What the pods on it request."""
        return sum((pod.requests for pod in self.pods), Amount())

    @property
    def free(self) -> Amount:
        """What is allocatable and not requested; this, not what is unused, is what pods can get."""
        return self.allocatable - self.requested

    def to_json(self) -> dict[str, Any]:
        """What ``pyinfra INVENTORY fact`` prints; null is unknown."""
        amounts = {
            "capacity": self.capacity,
            "allocatable": self.allocatable,
            "requested": self.requested,
            "free": self.free,
            "used": self.used,
        }
        return {
            "name": self.name,
            "closed": self.closed,
            "taints": [dict(taint) for taint in self.taints],
            "cpu_millicores": {key: value and value.cpu for key, value in amounts.items()},
            "memory_bytes": {key: value and value.memory for key, value in amounts.items()},
            "disk_bytes": {"capacity": self.disk, "used": self.disk_used},
            "pods": {"running": len(self.pods), "max": self.max_pods},
        }


def nodes(
    api_nodes: Iterable[Mapping[str, Any]],
    api_pods: Iterable[Mapping[str, Any]],
    stats: Mapping[str, Mapping[str, Any] | None],
) -> list[Node]:
    """The nodes, from what the API answered.

    + stats: each node's ``/stats/summary``; None where it could not be had
    """
    by_node: dict[str, list[Pod]] = {}
    for pod in api_pods:
        spec, phase = pod.get("spec") or {}, (pod.get("status") or {}).get("phase")
        if spec.get("nodeName") and phase not in ("Succeeded", "Failed"):
            by_node.setdefault(spec["nodeName"], []).append(_pod(pod))
    found = [
        _node(node, by_node.get(node["metadata"]["name"], []), stats.get(node["metadata"]["name"]))
        for node in api_nodes
    ]
    return sorted(found, key=lambda node: node.name)


def pod_requests(pod: Mapping[str, Any]) -> Amount:
    """What a pod (or a workload's pod template) requests, as the scheduler counts it.

    Containers and sidecars add up; init containers run one after another, each beside the sidecars
    that were started before it; overhead and pod-level requests count; while a container is being
    resized, the larger of old and new.
    """
    spec = pod.get("spec") or {}
    actual = _actual(pod)
    running = sum((_container(item, actual) for item in spec.get("containers") or []), Amount())
    sidecars, peak = Amount(), Amount()
    for item in spec.get("initContainers") or []:
        wanted = _container(item, actual)
        if item.get("restartPolicy") == "Always":
            sidecars += wanted
            peak = peak.at_least(sidecars)
        else:
            peak = peak.at_least(sidecars + wanted)
    total = (running + sidecars).at_least(peak)
    whole = (spec.get("resources") or {}).get("requests") or {}
    total = Amount(
        millicores(whole["cpu"]) if "cpu" in whole else total.cpu,
        whole_bytes(whole["memory"]) if "memory" in whole else total.memory,
    )
    return total + amount(spec.get("overhead"))


def amount(resources: Mapping[str, Any] | None) -> Amount:
    """``{"cpu": "200m", "memory": "4Gi"}`` as numbers."""
    resources = resources or {}
    return Amount(millicores(resources.get("cpu", 0)), whole_bytes(resources.get("memory", 0)))


def _container(item: Mapping[str, Any], actual: Mapping[str, Amount]) -> Amount:
    resources = item.get("resources") or {}
    # A limit without a request is the request too; the API server writes that down for pods, but
    # not in the templates of workloads.
    requests = {**(resources.get("limits") or {}), **(resources.get("requests") or {})}
    return amount(requests).at_least(actual.get(str(item.get("name")), Amount()))


def _actual(pod: Mapping[str, Any]) -> dict[str, Amount]:
    """What containers hold now; differs from the spec while one is resized in place."""
    state = pod.get("status") or {}
    held: dict[str, Amount] = {}
    for item in (state.get("initContainerStatuses") or []) + (state.get("containerStatuses") or []):
        requests = (item.get("resources") or {}).get("requests")
        held[item["name"]] = amount(requests).at_least(amount(item.get("allocatedResources")))
    return held


def _pod(pod: Mapping[str, Any]) -> Pod:
    metadata = pod["metadata"]
    labels = metadata.get("labels") or {}
    component = tuple(dict.fromkeys(labels[key] for key in COMPONENT_LABELS if key in labels))
    return Pod(metadata["namespace"], metadata["name"], pod_requests(pod), component)


def _node(node: Mapping[str, Any], pods: Sequence[Pod], stats: Mapping[str, Any] | None) -> Node:
    state, spec = node.get("status") or {}, node.get("spec") or {}
    capacity, allocatable = state.get("capacity") or {}, state.get("allocatable") or {}
    disk, disk_used = _disk(capacity, stats)
    return Node(
        name=node["metadata"]["name"],
        labels=node["metadata"].get("labels") or {},
        closed=_closed(node),
        taints=[
            taint
            for taint in spec.get("taints") or []
            if taint.get("effect") in ("NoSchedule", "NoExecute")
        ],
        capacity=amount(capacity),
        allocatable=amount(allocatable),
        used=_used(stats),
        disk=disk,
        disk_used=disk_used,
        max_pods=int(allocatable.get("pods", 110)),
        pods=pods,
    )


def _closed(node: Mapping[str, Any]) -> str:
    conditions = (node.get("status") or {}).get("conditions") or []
    ready = next((item for item in conditions if item.get("type") == "Ready"), None)
    if ready is None or ready.get("status") != "True":
        return "not ready"
    return "cordoned" if (node.get("spec") or {}).get("unschedulable") else ""


def _used(stats: Mapping[str, Any] | None) -> Amount | None:
    node = (stats or {}).get("node") or {}
    cpu = (node.get("cpu") or {}).get("usageNanoCores")
    memory = (node.get("memory") or {}).get("workingSetBytes")
    if cpu is None or memory is None:
        return None
    return Amount(int(cpu) // 1_000_000, int(memory))


def _disk(
    capacity: Mapping[str, Any], stats: Mapping[str, Any] | None
) -> tuple[int | None, int | None]:
    fs = ((stats or {}).get("node") or {}).get("fs") or {}
    total, available = fs.get("capacityBytes"), fs.get("availableBytes")
    if total is None and "ephemeral-storage" in capacity:
        total = whole_bytes(capacity["ephemeral-storage"])
    used = None if total is None or available is None else int(total) - int(available)
    return (None if total is None else int(total)), used
