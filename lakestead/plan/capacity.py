"""What nodes have and what their pods request, read from the API's raw JSON page by page.

``Gathering`` is fed one page after another and keeps of each object only what is counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lakestead.plan.amount import NOTHING, Amount, amount, together
from lakestead.plan.quantity import whole_bytes
from lakestead.plan.requests import UNSPOKEN, pod_limits, pod_requests, says_all

__all__ = ["Amount", "Gathering", "Node", "Pod", "Rules", "amount", "nodes", "pod_requests"]

# Labels by which charts name the component that a pod belongs to.
COMPONENT_LABELS = ("app.kubernetes.io/name", "app.kubernetes.io/instance", "app", "k8s-app")
PRESSURES = ("MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable")
RULES = frozenset(("nodeSelector", "affinity", "topologySpreadConstraints", "hostNetwork"))
ENDED = ("Succeeded", "Failed")


@dataclass(frozen=True, slots=True)
class Rules:
    """What a pod's spec says about where it may run, as the API has it; most say nothing.

    + host_ports: ``(protocol, address, port)`` that it needs on its node
    + claims: names of the PersistentVolumeClaims that it mounts
    """

    tolerations: Sequence[Mapping[str, Any]] = ()
    node_selector: Mapping[str, str] = field(default_factory=dict)
    affinity: Mapping[str, Any] = field(default_factory=dict)
    spread: Sequence[Mapping[str, Any]] = ()
    host_ports: Sequence[tuple[str, str, int]] = ()
    claims: Sequence[str] = ()

    @classmethod
    def of(cls, spec: Mapping[str, Any], name: str = "") -> Rules:
        """Those of a pod's spec; ``name`` is the pod's, for its ephemeral volumes."""
        return cls(
            spec.get("tolerations") or (),
            spec.get("nodeSelector") or {},
            spec.get("affinity") or {},
            spec.get("topologySpreadConstraints") or (),
            tuple(_host_ports(spec)),
            tuple(_claims(spec, name)),
        )


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod that is bound to a node and has not ended.

    + component: what its labels say that it belongs to
    + owner: the kind of its controller: ``ReplicaSet``, ``DaemonSet``, ``Node`` of a static pod
    + limits: of its containers together
    + silent: a container of it requests no CPU or no memory
    + compared: what it counts for when nodes are compared, where that is not what it requests
    + ending: it is being deleted
    """

    namespace: str
    name: str
    requests: Amount
    component: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    owner: str = ""
    limits: Amount = NOTHING
    silent: bool = False
    compared: Amount | None = None
    ending: bool = False
    rules: Rules = field(default_factory=Rules)


@dataclass(frozen=True, slots=True)
class Node:
    """One node, from the API alone; None is unknown and never counts as 0.

    + closed: why no new pod may go there: "not ready", "cordoned"; empty if it may
    + taints: those that keep pods away (NoSchedule, NoExecute), as the API has them
    + addresses: its names and IP addresses
    + avoided: taints that only make others preferred
    + pressure: the conditions that are true and should not be
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
    avoided: Sequence[Mapping[str, str]] = ()
    pressure: Sequence[str] = ()
    capacity: Amount = NOTHING
    allocatable: Amount = NOTHING
    used: Amount | None = None
    disk: int | None = None
    disk_used: int | None = None
    max_pods: int = 110
    pods: Sequence[Pod] = ()
    addresses: Sequence[str] = ()

    @property
    def requested(self) -> Amount:
        """What the pods on it request."""
        return together(pod.requests for pod in self.pods)

    @property
    def limits(self) -> Amount:
        """What the pods on it may use; those without a limit are not in it."""
        return together(pod.limits for pod in self.pods)

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
            "limits": self.limits,
            "used": self.used,
        }
        return {
            "name": self.name,
            "closed": self.closed,
            "pressure": list(self.pressure),
            "taints": [dict(taint) for taint in self.taints],
            "cpu_millicores": {key: value and value.cpu for key, value in amounts.items()},
            "memory_bytes": {key: value and value.memory for key, value in amounts.items()},
            "disk_bytes": {"capacity": self.disk, "used": self.disk_used},
            "pods": {"running": len(self.pods), "max": self.max_pods},
        }


class Gathering:
    """Takes pages of nodes and pods, in any order, and makes Nodes of them at the end."""

    def __init__(self) -> None:
        self._nodes: list[Node] = []
        self._pods: dict[str, list[Pod]] = {}
        self._labels: dict[tuple[tuple[str, str], ...], dict[str, str]] = {}
        self._rules: dict[tuple[tuple[Any, ...], ...], Rules] = {}
        self.waiting: list[Pod] = []
        """Pods that no node has taken yet."""

    @property
    def names(self) -> list[str]:
        """Of the nodes so far."""
        return [node.name for node in self._nodes]

    @property
    def lost(self) -> dict[str, int]:
        """How many pods are bound to nodes that are not there, by node."""
        names = set(self.names)
        return {node: len(pods) for node, pods in self._pods.items() if node not in names}

    def nodes(self, page: Iterable[Mapping[str, Any]]) -> None:
        """Take a page of nodes."""
        self._nodes += [_node(node) for node in page]

    def pods(self, page: Iterable[Mapping[str, Any]]) -> None:
        """Take a page of pods; those that have ended hold nothing."""
        for pod in page:
            if (pod.get("status") or {}).get("phase") in ENDED:
                continue
            node = (pod.get("spec") or {}).get("nodeName")
            kept = self._pod(pod)
            if node:
                self._pods.setdefault(node, []).append(kept)
            else:
                self.waiting.append(kept)

    def made(self, stats: Mapping[str, Mapping[str, Any] | None]) -> list[Node]:
        """The nodes with their pods, by name.

        + stats: each node's ``/stats/summary``; None, or none, where it could not be had
        """
        found = []
        for node in sorted(self._nodes, key=lambda node: node.name):
            summary = stats.get(node.name)
            disk, disk_used = _disk(node.capacity, summary)
            found.append(
                Node(
                    name=node.name,
                    labels=node.labels,
                    closed=node.closed,
                    taints=node.taints,
                    avoided=node.avoided,
                    pressure=node.pressure,
                    capacity=node.capacity,
                    allocatable=node.allocatable,
                    used=_used(summary),
                    disk=disk,
                    disk_used=disk_used,
                    max_pods=node.max_pods,
                    pods=self._pods.get(node.name, ()),
                    addresses=node.addresses,
                )
            )
        return found

    def _pod(self, pod: Mapping[str, Any]) -> Pod:
        metadata = pod["metadata"]
        labels = metadata.get("labels") or {}
        requests = pod_requests(pod)
        silent = not says_all(pod)
        owners = metadata.get("ownerReferences") or ()
        return Pod(
            namespace=metadata["namespace"],
            name=metadata["name"],
            requests=requests,
            component=component(labels),
            labels=self._labels.setdefault(tuple(labels.items()), labels),
            owner=next((owner["kind"] for owner in owners if owner.get("controller")), ""),
            limits=pod_limits(pod),
            silent=silent,
            compared=pod_requests(pod, UNSPOKEN) if silent else None,
            ending=bool(metadata.get("deletionTimestamp")),
            rules=self._kept(pod.get("spec") or {}, metadata["name"]),
        )

    def _kept(self, spec: Mapping[str, Any], name: str) -> Rules:
        """Pods that say nothing but how long they tolerate a lost node share one object."""
        if not RULES.isdisjoint(spec) or _on_host(spec):
            return Rules.of(spec, name)
        key = tuple(tuple(item.items()) for item in spec.get("tolerations") or ())
        found = self._rules.get(key)
        if found is None:
            found = self._rules[key] = Rules.of(spec, name)
        return found


def nodes(
    api_nodes: Iterable[Mapping[str, Any]],
    api_pods: Iterable[Mapping[str, Any]],
    stats: Mapping[str, Mapping[str, Any] | None],
) -> list[Node]:
    """The nodes, from what the API answered.

    + stats: each node's ``/stats/summary``; None where it could not be had
    """
    gathering = Gathering()
    gathering.nodes(api_nodes)
    gathering.pods(api_pods)
    return gathering.made(stats)


def component(labels: Mapping[str, str]) -> tuple[str, ...]:
    """What labels say that a pod belongs to."""
    return tuple(dict.fromkeys(labels[key] for key in COMPONENT_LABELS if key in labels))


def _on_host(spec: Mapping[str, Any]) -> bool:
    """Whether a pod has claims or ports of its node."""
    for volume in spec.get("volumes") or ():
        if "persistentVolumeClaim" in volume or "ephemeral" in volume:
            return True
    for group in ("containers", "initContainers"):
        for item in spec.get(group) or ():
            for port in item.get("ports") or ():
                if "hostPort" in port:
                    return True
    return False


def _host_ports(spec: Mapping[str, Any]) -> Iterable[tuple[str, str, int]]:
    for group in ("containers", "initContainers"):
        for item in spec.get(group) or ():
            if group == "initContainers" and item.get("restartPolicy") != "Always":
                continue
            for port in item.get("ports") or ():
                number = port.get("hostPort") or (
                    port.get("containerPort") if spec.get("hostNetwork") else 0
                )
                if number:
                    address = port.get("hostIP") or "0.0.0.0"
                    yield port.get("protocol") or "TCP", address, number


def _claims(spec: Mapping[str, Any], name: str) -> Iterable[str]:
    for volume in spec.get("volumes") or ():
        if "persistentVolumeClaim" in volume:
            yield volume["persistentVolumeClaim"]["claimName"]
        elif "ephemeral" in volume:
            yield f"{name}-{volume['name']}"


def _node(node: Mapping[str, Any]) -> Node:
    state, spec = node.get("status") or {}, node.get("spec") or {}
    allocatable = state.get("allocatable") or {}
    taints = spec.get("taints") or []
    return Node(
        name=node["metadata"]["name"],
        labels=node["metadata"].get("labels") or {},
        closed=_closed(node),
        taints=[taint for taint in taints if taint.get("effect") in ("NoSchedule", "NoExecute")],
        avoided=[taint for taint in taints if taint.get("effect") == "PreferNoSchedule"],
        pressure=[
            item["type"]
            for item in state.get("conditions") or ()
            if item.get("type") in PRESSURES and item.get("status") == "True"
        ],
        capacity=amount(state.get("capacity")),
        allocatable=amount(allocatable),
        max_pods=whole_bytes(allocatable.get("pods", 110)),
        addresses=[item["address"] for item in state.get("addresses") or ()],
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


def _disk(capacity: Amount, stats: Mapping[str, Any] | None) -> tuple[int | None, int | None]:
    fs = ((stats or {}).get("node") or {}).get("fs") or {}
    total, available = fs.get("capacityBytes"), fs.get("availableBytes")
    if total is None:
        total = capacity.other.get("ephemeral-storage")
    used = None if total is None or available is None else int(total) - int(available)
    return (None if total is None else int(total)), used
