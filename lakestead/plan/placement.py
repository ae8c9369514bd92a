"""Whether pods fit into what is free, node by node.

First-fit decreasing: the largest pod first, each on the first node that takes it. The scheduler
may place them otherwise; that all fit in some way is what matters before a change.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from lakestead.plan.capacity import Amount, Node


@dataclass(frozen=True, slots=True)
class WantedPod:
    """A pod that is to run.

    + component: of which it is a replica; running pods of the same component that request as much
      are that replica already
    + namespace: only running pods there count; empty for any
    """

    name: str
    requests: Amount
    component: str = ""
    namespace: str = ""
    tolerations: Sequence[Mapping[str, str]] = ()
    node_selector: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why one node does not take a pod.

    + free: what was left there when it was tried
    + missing: how much more would be needed, 0 where it is enough
    + reason: why the node takes no such pod at all; empty if only room is missing
    """

    node: str
    free: Amount
    missing: Amount
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where each pod fits.

    + placed: pod → node, for those that are still to come
    + running: pod → node, for those that run already
    + refused: pods that fit nowhere, each with why each node does not take it
    """

    placed: Mapping[str, str]
    running: Mapping[str, str]
    refused: Sequence[tuple[WantedPod, Sequence[Refusal]]]

    @property
    def fits(self) -> bool:
        """Whether every pod found a node."""
        return not self.refused


class _Room:
    """What is left on one node while pods are placed."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.free = node.free
        self.pods = node.max_pods - len(node.pods)

    def refuses(self, pod: WantedPod) -> Refusal | None:
        reason = self._keeps_away(pod)
        missing = (pod.requests - self.free).at_least(Amount())
        if not reason and missing == Amount():
            return None
        return Refusal(self.node.name, self.free, missing, reason)

    def take(self, pod: WantedPod) -> None:
        self.free -= pod.requests
        self.pods -= 1

    def _keeps_away(self, pod: WantedPod) -> str:
        if self.node.closed:
            return self.node.closed
        for taint in self.node.taints:
            if not any(_tolerates(toleration, taint) for toleration in pod.tolerations):
                value = f"={taint['value']}" if taint.get("value") else ""
                return f"taint {taint['key']}{value}:{taint['effect']}"
        for key, value in pod.node_selector.items():
            if self.node.labels.get(key) != value:
                return f"no label {key}={value}"
        return "" if self.pods > 0 else f"full: {self.node.max_pods} pods"


def place(wanted: Iterable[WantedPod], nodes: Sequence[Node]) -> Placement:
    """Find a node for each pod that does not run yet."""
    rooms = [_Room(node) for node in nodes]
    running, missing = _match_running(wanted, rooms)
    placed: dict[str, str] = {}
    refused: list[tuple[WantedPod, Sequence[Refusal]]] = []
    largest_first = sorted(
        missing, key=lambda pod: (-pod.requests.memory, -pod.requests.cpu, pod.name)
    )
    for pod in largest_first:
        refusals = []
        for room in rooms:
            refusal = room.refuses(pod)
            if refusal is None:
                room.take(pod)
                placed[pod.name] = room.node.name
                break
            refusals.append(refusal)
        else:
            refused.append((pod, refusals))
    return Placement(placed, running, refused)


def _match_running(
    wanted: Iterable[WantedPod], rooms: Sequence[_Room]
) -> tuple[dict[str, str], list[WantedPod]]:
    """Those that run already, and those to place.

    A running replica that requests less than wanted will be replaced: what it holds becomes free.
    """
    candidates = [(room, pod) for room in rooms for pod in room.node.pods]
    running: dict[str, str] = {}
    missing: list[WantedPod] = []
    for want in wanted:
        same = [
            item
            for item in candidates
            if want.component in item[1].component and want.namespace in ("", item[1].namespace)
        ]
        enough = [item for item in same if item[1].requests.covers(want.requests)]
        if enough:
            running[want.name] = enough[0][0].node.name
            candidates.remove(enough[0])
            continue
        if same:
            room, pod = same[0]
            room.free += pod.requests
            room.pods += 1
            candidates.remove(same[0])
        missing.append(want)
    return running, missing


def _tolerates(toleration: Mapping[str, str], taint: Mapping[str, str]) -> bool:
    """Source: Toleration.ToleratesTaint in k8s.io/api/core/v1."""
    if toleration.get("effect") not in (None, "", taint["effect"]):
        return False
    if toleration.get("key") not in (None, "", taint["key"]):
        return False
    if toleration.get("operator") == "Exists":
        return True
    return bool(toleration.get("key")) and toleration.get("value", "") == taint.get("value", "")
