"""Which of the nodes that take a pod the scheduler likes best.

Source: the Score plugins of Kubernetes 1.36 with their default weights, but ImageLocality: which
images are there says nothing about pods that are yet to come.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from lakestead.plan.capacity import Node, Pod
from lakestead.plan.rules import (
    HOSTNAME,
    Domain,
    Namespaces,
    Room,
    WantedPod,
    constraints,
    counted,
    included,
    means,
    preferred,
    required,
    tolerated,
)
from lakestead.plan.selectors import node_selected

TAINTS, AFFINITY, SPREAD, PODS = 3, 2, 2, 2
ZONE = "topology.kubernetes.io/zone"

Others = Callable[[], Iterable[tuple[Pod | WantedPod, Node]]]
"""All pods that run or have been placed, with their nodes."""


def scores(
    pod: WantedPod,
    rooms: Sequence[Room],
    others: Others,
    known: Namespaces,
    everywhere: Sequence[Node],
) -> list[int]:
    """One score for each of the rooms, the best the highest.

    + everywhere: all nodes, also those that do not take the pod
    """
    total = [_least_requested(pod, room) + _balanced(pod, room) for room in rooms]
    for weight, found in (
        (TAINTS, _avoided(pod, rooms)),
        (AFFINITY, _preferred_nodes(pod, rooms)),
        (SPREAD, _spread(pod, rooms, others, everywhere)),
        (PODS, _preferred_pods(pod, rooms, others, known)),
    ):
        if found is not None:
            total = [one + weight * more for one, more in zip(total, found, strict=True)]
    return total


def _least_requested(pod: WantedPod, room: Room) -> int:
    mine, there, all_of = pod.compared or pod.requests, room.compared, room.node.allocatable
    score = count = 0
    if all_of.cpu:
        score += max(0, all_of.cpu - there.cpu - mine.cpu) * 100 // all_of.cpu
        count += 1
    if all_of.memory:
        score += max(0, all_of.memory - there.memory - mine.memory) * 100 // all_of.memory
        count += 1
    return score // count if count else 0


def _balanced(pod: WantedPod, room: Room) -> int:
    all_of, there, mine = room.node.allocatable, room.requested, pod.requests
    if not mine.cpu and not mine.memory:
        return 0
    if not all_of.cpu or not all_of.memory:
        return 75
    before = _balance(there.cpu / all_of.cpu, there.memory / all_of.memory)
    after = _balance(
        (there.cpu + mine.cpu) / all_of.cpu, (there.memory + mine.memory) / all_of.memory
    )
    return 50 + (50 + after - before) // 2


def _balance(cpu: float, memory: float) -> int:
    return int((1 - abs(min(1.0, cpu) - min(1.0, memory)) / 2) * 100)


def _avoided(pod: WantedPod, rooms: Sequence[Room]) -> list[int] | None:
    if not any(room.node.avoided for room in rooms):
        return None
    counts = [
        sum(not tolerated(taint, pod.rules.tolerations) for taint in room.node.avoided)
        for room in rooms
    ]
    most = max(counts)
    return [100 - 100 * count // most for count in counts] if most else None


def _preferred_nodes(pod: WantedPod, rooms: Sequence[Room]) -> list[int] | None:
    terms = preferred(pod.rules, "nodeAffinity")
    if not terms:
        return None
    weights = [
        sum(
            term["weight"]
            for term in terms
            if node_selected((term["preference"],), room.node.name, room.node.labels)
        )
        for room in rooms
    ]
    most = max(weights)
    return [100 * weight // most for weight in weights] if most else None


def _spread(
    pod: WantedPod, rooms: Sequence[Room], others: Others, everywhere: Sequence[Node]
) -> list[int] | None:
    soft, strict = constraints(pod.rules, "ScheduleAnyway"), True
    if not pod.rules.spread and pod.component and pod.labels:
        # What the scheduler does for the pods of a controller that say nothing.
        soft, strict = [_by_default(pod, HOSTNAME, 3), _by_default(pod, ZONE, 5)], False
    if not soft:
        return None
    keys = [item["topologyKey"] for item in soft]
    taken = {room.node.name for room in rooms}
    ignored = {
        room.node.name
        for room in rooms
        if strict and any(key not in room.node.labels for key in keys)
    }
    counts: list[Counter[str]] = [Counter() for _ in soft]
    sizes = [
        {room.node.labels.get(key, "") for room in rooms if room.node.name not in ignored}
        for key in keys
    ]
    for other, node in others():
        for index, item in enumerate(soft):
            key = item["topologyKey"]
            if key == HOSTNAME:
                if node.name in taken and counted(item, pod, other):
                    counts[index][node.name] += 1
            elif counted(item, pod, other) and included(item, soft if strict else (), pod, node):
                counts[index][node.labels.get(key, "")] += 1
    found: list[float] = []
    for room in rooms:
        score = 0.0
        for index, (item, key) in enumerate(zip(soft, keys, strict=True)):
            if key in room.node.labels:
                size = len(rooms) - len(ignored) if key == HOSTNAME else len(sizes[index])
                at = room.node.name if key == HOSTNAME else room.node.labels[key]
                score += counts[index][at] * math.log(size + 2) + item["maxSkew"] - 1
        found.append(math.floor(score + 0.5))
    return _reversed(found, [room.node.name in ignored for room in rooms])


def _reversed(found: Sequence[float], ignored: Sequence[bool]) -> list[int]:
    kept = [int(score) for score, out in zip(found, ignored, strict=True) if not out]
    most, least = max(kept, default=0), min(kept, default=0)
    return [
        0 if out else 100 if not most else 100 * (most + least - int(score)) // most
        for score, out in zip(found, ignored, strict=True)
    ]


def _by_default(pod: WantedPod, key: str, skew: int) -> Mapping[str, Any]:
    return {"topologyKey": key, "maxSkew": skew, "labelSelector": {"matchLabels": pod.labels}}


def _preferred_pods(
    pod: WantedPod, rooms: Sequence[Room], others: Others, known: Namespaces
) -> list[int] | None:
    points: Counter[Domain] = Counter()

    def add(term: Mapping[str, Any], weight: int, node: Node) -> None:
        key = term["topologyKey"]
        if key in node.labels:
            points[key, node.labels[key]] += weight

    mine = [
        (item["podAffinityTerm"], item["weight"] * sign)
        for kind, sign in (("podAffinity", 1), ("podAntiAffinity", -1))
        for item in preferred(pod.rules, kind)
    ]
    for other, node in others():
        for term, weight in mine:
            if means(term, pod, other, known):
                add(term, weight, node)
        if not other.rules.affinity:
            continue
        for term in required(other.rules, "podAffinity"):
            if means(term, other, pod, known):
                add(term, 1, node)
        for kind, sign in (("podAffinity", 1), ("podAntiAffinity", -1)):
            for item in preferred(other.rules, kind):
                if means(item["podAffinityTerm"], other, pod, known):
                    add(item["podAffinityTerm"], item["weight"] * sign, node)
    if not points:
        return None
    found = [
        sum(value for (key, at), value in points.items() if room.node.labels.get(key) == at)
        for room in rooms
    ]
    least, most = min(found), max(found)
    if most == least:
        return None
    return [int(100 * ((score - least) / (most - least))) for score in found]
