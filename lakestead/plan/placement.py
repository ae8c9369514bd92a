"""Where the scheduler would put pods, one after another, and why some fit nowhere.

The scheduler takes the best node for each pod by its scores, and any of those that are equally good.
So one run says little: the pods are placed several times, with other choices among equals and, where
nobody knows in which order they will come, in other orders. What does not fit every time is not
said to fit.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from lakestead.plan.amount import Amount
from lakestead.plan.capacity import Node, Pod
from lakestead.plan.rules import (
    Namespaces,
    Neighbours,
    Room,
    WantedPod,
    constraints,
    included,
    required,
)
from lakestead.plan.scores import scores
from lakestead.plan.volumes import Binding, Storage

__all__ = ["Cluster", "Placement", "Refusal", "WantedPod", "place"]

TRIES = 12
LARGE = 100
"""Nodes from which on one pod in many is no matter, and fewer tries do."""

Retries = Literal["late", "at once", "forgotten late", "forgotten at once"]
"""When a pod that waits for others is tried again: after all that came meanwhile, or before the next;
and whether those are as well that the scheduler may forget."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where pods are to be placed.

    + namespaces: each one's labels; affinity may ask for them
    """

    nodes: Sequence[Node]
    storage: Storage = field(default_factory=Storage)
    namespaces: Namespaces = field(default_factory=dict)


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
    + sometimes: those of them that fit if others go elsewhere or come later
    + most: how many have no node when it goes worst
    """

    placed: Mapping[str, str]
    running: Mapping[str, str]
    refused: Sequence[tuple[WantedPod, Sequence[Refusal]]]
    sometimes: frozenset[str] = frozenset()
    most: int = 0

    @property
    def fits(self) -> bool:
        """Whether every pod found a node, whatever the scheduler chooses."""
        return not self.refused


def place(
    wanted: Iterable[WantedPod],
    cluster: Cluster | Sequence[Node],
    *,
    in_order: bool = False,
    tries: int = TRIES,
) -> Placement:
    """Find a node for each pod that does not run yet.

    + in_order: they come in the order given; else in any
    + tries: how often they are placed, with other choices
    """
    if not isinstance(cluster, Cluster):
        cluster = Cluster(cluster)
    scene = _Scene(cluster)
    if len(cluster.nodes) > LARGE:
        tries = min(tries, 3)
    running, missing = _match_running(wanted, scene)
    alike = _alike(missing)
    first: dict[str, str] | None = None
    why: dict[str, Sequence[Refusal]] = {}
    placed: set[str] = set()
    most = 0
    for order, chance, retries in _ways(missing, in_order, tries):
        run = _Run(scene, chance, retries)
        run.place(order)
        for replicas in alike:
            run.even_out(replicas)
        first = run.placed if first is None else first
        why = {**run.refused, **why}
        placed |= run.placed.keys()
        most = max(most, len(run.refused))
        if len(missing) == 1:
            break
    return Placement(
        # Shown is the way that the scheduler is most likely to go.
        {name: node for name, node in (first or {}).items() if name not in why},
        running,
        [(pod, why[pod.name]) for pod in missing if pod.name in why],
        frozenset(why.keys() & placed),
        most,
    )


def _ways(
    missing: Sequence[WantedPod], in_order: bool, tries: int
) -> Iterator[tuple[Sequence[WantedPod], random.Random | None, Retries]]:
    """Orders of the pods, chances to choose among equally good nodes by, and when to try again."""
    if not missing:
        return
    orders: list[tuple[Sequence[WantedPod], random.Random | None]] = [(missing, None)]
    if not in_order:
        size = sorted(missing, key=lambda pod: (pod.requests.memory, pod.requests.cpu, pod.name))
        orders += [(size, None), (size[::-1], None)]
    for seed in range(tries):
        dice = random.Random(seed)
        shuffled = list(missing)
        if not in_order:
            dice.shuffle(shuffled)
        orders.append((shuffled, dice))
    retries: list[Retries] = ["late"]
    if any(_hopes(pod) for pod in missing):
        # Depends on how busy the scheduler is.
        retries.append("at once")
    if any(_hopes(pod, forgotten=True) for pod in missing):
        # Anything else that happens to its nodes reminds it.
        retries += ["forgotten late", "forgotten at once"]
    for order, chance in orders:
        for one in retries:
            yield order, chance, one


def _alike(pods: Sequence[WantedPod]) -> list[list[str]]:
    """Names of the replicas of each component, where there are several."""
    groups: dict[tuple[str, str, int, int], list[str]] = {}
    for pod in pods:
        if pod.component:
            key = (pod.component, pod.namespace, pod.requests.cpu, pod.requests.memory)
            groups.setdefault(key, []).append(pod.name)
    return [names for names in groups.values() if len(names) > 1]


def _hopes(pod: WantedPod, *, forgotten: bool = False) -> bool:
    """Whether pods that are placed later can make room, by affinity or spread, and it is tried again.

    + forgotten: count those too that the scheduler tries again only minutes later, since what it looks
      at then does not know namespace selectors (interpodaffinity's queueing hint)
    """
    if constraints(pod.rules, "DoNotSchedule"):
        return not forgotten
    terms = required(pod.rules, "podAffinity")
    selective = any(term.get("namespaceSelector") is not None for term in terms)
    return bool(terms) and selective == forgotten


class _Scene:
    """What does not change while pods are placed: the cluster as it is."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.rooms = [Room(node) for node in cluster.nodes]
        self.gone: set[int] = set()
        self.affine = [
            (pod, node)
            for node in cluster.nodes
            for pod in node.pods
            if pod.rules.affinity
            and ("podAffinity" in pod.rules.affinity or "podAntiAffinity" in pod.rules.affinity)
        ]
        self._selective = [one for one in self.affine if "podAntiAffinity" in one[0].rules.affinity]
        self._neighbours: dict[str, Neighbours] = {}
        self._keeps_away: dict[str, list[str]] = {}

    def all_pods(self) -> Iterator[tuple[Pod, Node]]:
        for node in self.cluster.nodes:
            for pod in node.pods:
                if id(pod) not in self.gone:
                    yield pod, node

    def keeps_away(self, pod: WantedPod) -> list[str]:
        """For each room why it takes no such pod; the same for all runs."""
        if pod.name not in self._keeps_away:
            self._keeps_away[pod.name] = [room.keeps_away(pod) for room in self.rooms]
        return self._keeps_away[pod.name]

    def neighbours(self, pod: WantedPod) -> Neighbours:
        """Who runs there now, as far as the pod's rules ask."""
        if pod.name not in self._neighbours:
            hard = constraints(pod.rules, "DoNotSchedule")
            free = not hard and not required(pod.rules, "podAffinity")
            found = Neighbours(spread=[Counter() for _ in hard], free=free)
            for constraint, counts in zip(hard, found.spread, strict=True):
                for node in self.cluster.nodes:
                    if included(constraint, hard, pod, node):
                        counts[node.labels[constraint["topologyKey"]]] += 0
            asks = (
                hard or required(pod.rules, "podAffinity") or required(pod.rules, "podAntiAffinity")
            )
            for other, node in self.all_pods() if asks else self._selective:
                if id(other) not in self.gone:
                    found.add(pod, other, node, self.cluster.namespaces)
            self._neighbours[pod.name] = found
        return self._neighbours[pod.name]


class _Run:
    """The pods placed once.

    + chance: chooses among equally good nodes; None takes the first
    + retries: when pods that may fit by now are tried again
    """

    def __init__(self, scene: _Scene, chance: random.Random | None, retries: Retries) -> None:
        self.scene = scene
        self.chance = chance
        self.retries = retries
        self.rooms = [room.copy() for room in scene.rooms]
        self.binding = Binding(scene.cluster.storage)
        self.done: list[tuple[WantedPod, Node]] = []
        self.placed: dict[str, str] = {}
        self.refused: dict[str, Sequence[Refusal]] = {}

    def place(self, pods: Sequence[WantedPod]) -> None:
        """One pod after another; those that fit nowhere again, while others get somewhere."""
        waiting: list[WantedPod] = []
        for pod in pods:
            placed = self._place(pod)
            if not placed:
                waiting.append(pod)
            elif self.retries.endswith("at once"):
                waiting = self._again(waiting)
        self._again(waiting)

    def even_out(self, replicas: Sequence[str]) -> None:
        """Let the last ones be those that have no node, whichever came last: they are all alike."""
        nodes = [self.placed.pop(name) for name in replicas if name in self.placed]
        whys = [self.refused.pop(name) for name in replicas if name in self.refused]
        self.placed.update(zip(replicas, nodes, strict=False))
        self.refused.update(zip(replicas[len(nodes) :], whys, strict=True))

    def _again(self, waiting: list[WantedPod]) -> list[WantedPod]:
        """Try those that hope until none gets somewhere; the rest of them all."""
        forgotten = self.retries.startswith("forgotten")
        while any(
            (_hopes(pod) or (forgotten and _hopes(pod, forgotten=True))) and self._place(pod)
            for pod in waiting
        ):
            waiting = [pod for pod in waiting if pod.name not in self.placed]
        return waiting

    def _place(self, pod: WantedPod) -> bool:
        known = self.scene.cluster.namespaces
        neighbours = self.scene.neighbours(pod)
        if self.done:
            neighbours = neighbours.copy()
            for other, node in self.done:
                neighbours.add(pod, other, node, known)
        nowhere = self.binding.nowhere(pod.namespace, pod.rules.claims)
        away = self.scene.keeps_away(pod)
        alone = neighbours.nobody
        plain = not pod.rules.host_ports and not pod.rules.claims
        feasible: list[Room] = []
        reasons: dict[int, str] = {}
        for at, room in enumerate(self.rooms):
            reason = nowhere or away[at]
            if not reason and not alone:
                reason = neighbours.refuses(pod, room.node, known)
            if not reason and (room.left <= 0 or not plain):
                reason = room.full(pod) or self.binding.refuses(
                    pod.namespace, pod.rules.claims, room.node.name, room.node.labels
                )
            if reason:
                reasons[at] = reason
            elif room.free.has_room_for(pod.requests):
                feasible.append(room)
        if not feasible:
            self.refused[pod.name] = [
                Refusal(
                    room.node.name,
                    room.free,
                    room.free.missing(pod.requests),
                    reasons.get(at, ""),
                )
                for at, room in enumerate(self.rooms)
            ]
            return False
        room = self._best(pod, feasible)
        room.take(pod)
        self.binding.take(pod.namespace, pod.rules.claims, room.node.name, room.node.labels)
        self.done.append((pod, room.node))
        self.placed[pod.name] = room.node.name
        self.refused.pop(pod.name, None)
        return True

    def _best(self, pod: WantedPod, feasible: Sequence[Room]) -> Room:
        if len(feasible) == 1:
            return feasible[0]
        found = scores(
            pod,
            feasible,
            lambda: self._others(pod),
            self.scene.cluster.namespaces,
            self.scene.cluster.nodes,
        )
        most = max(found)
        equal = [room for room, score in zip(feasible, found, strict=True) if score == most]
        return self.chance.choice(equal) if self.chance else equal[0]

    def _others(self, pod: WantedPod) -> Iterator[tuple[Pod | WantedPod, Node]]:
        """Those who can matter for the scores: everybody only where the pod asks for it."""
        asks = pod.rules.affinity or pod.rules.spread or pod.component
        yield from self.scene.all_pods() if asks else self.scene.affine
        yield from self.done


def _match_running(
    wanted: Iterable[WantedPod], scene: _Scene
) -> tuple[dict[str, str], list[WantedPod]]:
    """Those that run already, and those to place.

    A running replica that requests less than wanted will be replaced: what it holds becomes free.
    """
    wanted = list(wanted)
    candidates: dict[str, list[tuple[Room, Pod]]] = {want.component: [] for want in wanted}
    candidates.pop("", None)
    for room in scene.rooms if candidates else ():
        for pod in room.node.pods:
            for component in pod.component:
                if component in candidates:
                    candidates[component].append((room, pod))
    running: dict[str, str] = {}
    missing: list[WantedPod] = []
    matched: set[int] = set()
    for want in wanted:
        same = [
            item
            for item in candidates.get(want.component, ())
            if id(item[1]) not in matched and want.namespace in ("", item[1].namespace)
        ]
        enough = [item for item in same if item[1].requests.covers(want.requests)]
        if enough:
            matched.add(id(enough[0][1]))
            running[want.name] = enough[0][0].node.name
            continue
        if same:
            room, pod = same[0]
            room.release(pod)
            matched.add(id(pod))
            scene.gone.add(id(pod))
        missing.append(want)
    return running, missing
