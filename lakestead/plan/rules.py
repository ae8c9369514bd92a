"""The scheduler's hard rules: why one node does not take a pod.

Source: pkg/scheduler/framework/plugins of Kubernetes 1.36: noderesources, nodeports, nodeaffinity,
tainttoleration, nodeunschedulable, interpodaffinity, podtopologyspread, volumebinding.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lakestead.plan.amount import Amount, together
from lakestead.plan.capacity import Node, Pod, Rules
from lakestead.plan.selectors import Labels, node_selected, selects

UNSCHEDULABLE = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
HOSTNAME = "kubernetes.io/hostname"
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"

Domain = tuple[str, str]
"""A label of nodes and its value, as ``("topology.kubernetes.io/zone", "a")``."""
Namespaces = Mapping[str, Labels]


@dataclass(frozen=True, slots=True)
class WantedPod:
    """A pod that is to run.

    + component: of which it is a replica; running pods of the same component that request as much
      are that replica already
    + namespace: only running pods there count; empty for any
    + compared: what it counts for when nodes are compared, where that is not what it requests
    """

    name: str
    requests: Amount
    component: str = ""
    namespace: str = ""
    labels: Labels = field(default_factory=dict)
    rules: Rules = field(default_factory=Rules)
    compared: Amount | None = None

    @classmethod
    def of(cls, pod: Pod) -> WantedPod:
        """A pod that is there and needs a node; its name is ``namespace/name``."""
        return cls(
            name=f"{pod.namespace}/{pod.name}" if pod.namespace else pod.name,
            requests=pod.requests,
            namespace=pod.namespace,
            labels=pod.labels,
            rules=pod.rules,
            compared=pod.compared,
        )


class Room:
    """What is left on one node while pods are placed."""

    __slots__ = ("compared", "free", "left", "node", "ports", "requested")

    def __init__(self, node: Node) -> None:
        self.node = node
        self.requested = node.requested
        self.compared = together(pod.compared or pod.requests for pod in node.pods)
        self.free = node.allocatable - self.requested
        self.left = node.max_pods - len(node.pods)
        self.ports = [port for pod in node.pods for port in pod.rules.host_ports]

    def copy(self) -> Room:
        """The same, to place pods on without changing this one."""
        made = Room.__new__(Room)
        made.node, made.requested, made.compared = self.node, self.requested, self.compared
        made.free, made.left, made.ports = self.free, self.left, list(self.ports)
        return made

    def take(self, pod: WantedPod) -> None:
        """The pod goes there."""
        self.free -= pod.requests
        self.requested += pod.requests
        self.compared += pod.compared or pod.requests
        self.left -= 1
        self.ports += pod.rules.host_ports

    def release(self, pod: Pod) -> None:
        """The pod is gone from there."""
        self.free += pod.requests
        self.requested -= pod.requests
        self.compared -= pod.compared or pod.requests
        self.left += 1
        for port in pod.rules.host_ports:
            self.ports.remove(port)

    def keeps_away(self, pod: WantedPod) -> str:
        """Why the node takes no such pod, whatever is free and whoever else is there."""
        node, rules = self.node, pod.rules
        if node.closed and not (
            node.closed == "cordoned" and tolerated(UNSCHEDULABLE, rules.tolerations)
        ):
            return node.closed
        for taint in node.taints:
            if not tolerated(taint, rules.tolerations):
                value = f"={taint['value']}" if taint.get("value") else ""
                return f"taint {taint['key']}{value}:{taint['effect']}"
        for key, value in rules.node_selector.items():
            if node.labels.get(key) != value:
                return f"no label {key}={value}"
        if not selected(node, rules):
            return "node affinity"
        return ""

    def full(self, pod: WantedPod) -> str:
        """Why there is no place for one more pod, beside CPU and memory."""
        if self.left <= 0:
            return f"full: {self.node.max_pods} pods"
        for wanted in pod.rules.host_ports:
            if any(_same_port(wanted, taken) for taken in self.ports):
                return f"host port {wanted[2]} is taken"
        return ""


@dataclass(slots=True)
class Neighbours:
    """Who runs where, as far as one pod's affinity and spread rules ask.

    + wanted, avoided: pods that its required affinity, its anti-affinity means, by domain
    + avoiding: pods whose anti-affinity means it, by domain
    + spread: for each of its hard spread constraints the matching pods by domain
    + free: the pod asks for no neighbours and no spreading itself
    """

    wanted: Counter[Domain] = field(default_factory=Counter)
    avoided: Counter[Domain] = field(default_factory=Counter)
    avoiding: Counter[Domain] = field(default_factory=Counter)
    spread: list[Counter[str]] = field(default_factory=list)
    free: bool = False

    @property
    def nobody(self) -> bool:
        """Whether there is nothing to look at; a pod with affinity always has something."""
        return self.free and not self.avoided and not self.avoiding

    def copy(self) -> Neighbours:
        """The same, to add to."""
        return Neighbours(
            self.wanted.copy(),
            self.avoided.copy(),
            self.avoiding.copy(),
            [counts.copy() for counts in self.spread],
            self.free,
        )

    def add(self, pod: WantedPod, other: Pod | WantedPod, node: Node, known: Namespaces) -> None:
        """Count ``other`` on ``node``."""
        affinity = required(pod.rules, "podAffinity")
        if affinity and all(means(term, pod, other, known) for term in affinity):
            _count(self.wanted, affinity, node)
        for term in required(pod.rules, "podAntiAffinity"):
            if means(term, pod, other, known):
                _count(self.avoided, (term,), node)
        for term in required(other.rules, "podAntiAffinity"):
            if means(term, other, pod, known):
                _count(self.avoiding, (term,), node)
        hard = constraints(pod.rules, "DoNotSchedule")
        for constraint, counts in zip(hard, self.spread, strict=True):
            if counted(constraint, pod, other) and included(constraint, hard, pod, node):
                counts[node.labels[constraint["topologyKey"]]] += 1

    def refuses(self, pod: WantedPod, node: Node, known: Namespaces) -> str:
        """Why the pod's neighbours keep it from a node; empty if they do not."""
        if reason := self._apart(pod, node, known):
            return reason
        for constraint, counts in zip(
            constraints(pod.rules, "DoNotSchedule"), self.spread, strict=True
        ):
            key = constraint["topologyKey"]
            if key not in node.labels:
                return f"no label {key} to spread over"
            domains = len(counts)
            least = min(counts.values(), default=0)
            if domains < (constraint.get("minDomains") or 1):
                least = 0
            itself = selects(selector_of(constraint, pod), pod.labels)
            if counts[node.labels[key]] + itself - least > constraint["maxSkew"]:
                return f"spread over {key}: too many there"
        return ""

    def _apart(self, pod: WantedPod, node: Node, known: Namespaces) -> str:
        terms = required(pod.rules, "podAffinity")
        if any(term["topologyKey"] not in node.labels for term in terms):
            return "pod affinity: no such topology"
        if any(self.wanted[_domain(term, node)] <= 0 for term in terms):
            first = not self.wanted and all(means(term, pod, pod, known) for term in terms)
            if not first:
                return "pod affinity: none of its kind there"
        for term in required(pod.rules, "podAntiAffinity"):
            if term["topologyKey"] in node.labels and self.avoided[_domain(term, node)] > 0:
                return "pod anti-affinity"
        for key, value in self.avoiding:
            if node.labels.get(key) == value:
                return "anti-affinity of a pod there"
        return ""


def tolerated(taint: Mapping[str, Any], tolerations: Iterable[Mapping[str, Any]]) -> bool:
    """Whether one of the tolerations is for the taint (Toleration.ToleratesTaint)."""
    return any(_tolerates(toleration, taint) for toleration in tolerations)


def selected(node: Node, rules: Rules) -> bool:
    """Whether required node affinity means the node; none means all."""
    affinity = (rules.affinity.get("nodeAffinity") or {}).get(REQUIRED)
    return affinity is None or node_selected(
        affinity.get("nodeSelectorTerms") or (), node.name, node.labels
    )


def required(rules: Rules, kind: str) -> Sequence[Mapping[str, Any]]:
    """The required terms of ``podAffinity`` or ``podAntiAffinity``."""
    return (rules.affinity.get(kind) or {}).get(REQUIRED) or ()


def preferred(rules: Rules, kind: str) -> Sequence[Mapping[str, Any]]:
    """The preferred terms of one kind of affinity, with their weights."""
    return (rules.affinity.get(kind) or {}).get(PREFERRED) or ()


def constraints(rules: Rules, action: str) -> list[Mapping[str, Any]]:
    """The spread constraints that are hard (``DoNotSchedule``) or soft (``ScheduleAnyway``)."""
    return [item for item in rules.spread if item.get("whenUnsatisfiable") == action]


def means(
    term: Mapping[str, Any], pod: Pod | WantedPod, other: Pod | WantedPod, known: Namespaces
) -> bool:
    """Whether a term of ``pod``'s affinity means ``other``."""
    spaces, selector = term.get("namespaces") or (), term.get("namespaceSelector")
    if not spaces and selector is None:
        if other.namespace != pod.namespace:
            return False
    elif other.namespace not in spaces and not selects(
        selector, known.get(other.namespace, {"kubernetes.io/metadata.name": other.namespace})
    ):
        return False
    return selects(selector_of(term, pod), other.labels)


def selector_of(term: Mapping[str, Any], pod: Pod | WantedPod) -> Mapping[str, Any] | None:
    """A term's or constraint's selector with its ``matchLabelKeys`` filled in from the pod."""
    selector: Mapping[str, Any] | None = term.get("labelSelector")
    same, other = term.get("matchLabelKeys") or (), term.get("mismatchLabelKeys") or ()
    if selector is None or not (same or other):
        return selector
    more = [
        {"key": key, "operator": operator, "values": [pod.labels[key]]}
        for keys, operator in ((same, "In"), (other, "NotIn"))
        for key in keys
        if key in pod.labels
    ]
    return {**selector, "matchExpressions": [*(selector.get("matchExpressions") or ()), *more]}


def counted(constraint: Mapping[str, Any], pod: WantedPod, other: Pod | WantedPod) -> bool:
    """Whether a spread constraint counts ``other``; one with an empty selector counts nobody."""
    if other.namespace != pod.namespace or getattr(other, "ending", False):
        return False
    selector = selector_of(constraint, pod)
    empty = selector is not None and not any(selector.values())
    return not empty and selects(selector, other.labels)


def included(
    constraint: Mapping[str, Any], all_of: Sequence[Mapping[str, Any]], pod: WantedPod, node: Node
) -> bool:
    """Whether a node's domain is one of those that are spread over."""
    if any(item["topologyKey"] not in node.labels for item in all_of):
        return False
    if constraint.get("nodeAffinityPolicy", "Honor") == "Honor" and not (
        selected(node, pod.rules)
        and all(node.labels.get(key) == value for key, value in pod.rules.node_selector.items())
    ):
        return False
    return constraint.get("nodeTaintsPolicy") != "Honor" or all(
        tolerated(taint, pod.rules.tolerations) for taint in node.taints
    )


def _domain(term: Mapping[str, Any], node: Node) -> Domain:
    return term["topologyKey"], node.labels[term["topologyKey"]]


def _count(counts: Counter[Domain], terms: Iterable[Mapping[str, Any]], node: Node) -> None:
    for term in terms:
        if term["topologyKey"] in node.labels:
            counts[_domain(term, node)] += 1


def _same_port(one: tuple[str, str, int], other: tuple[str, str, int]) -> bool:
    return (
        one[0] == other[0]
        and one[2] == other[2]
        and (one[1] == other[1] or "0.0.0.0" in (one[1], other[1]))
    )


def _tolerates(toleration: Mapping[str, Any], taint: Mapping[str, Any]) -> bool:
    if toleration.get("effect") not in (None, "", taint["effect"]):
        return False
    if toleration.get("key") not in (None, "", taint["key"]):
        return False
    if toleration.get("operator") == "Exists":
        return True
    return bool(toleration.get("key")) and toleration.get("value", "") == taint.get("value", "")
