"""Clusters by a seed: nodes, pods that run, volumes, and pods that wait for a node.

Small, crowded and odd on purpose: most have pods that do not fit, and every rule of the scheduler that
``lakestead.plan.rules`` knows is used by some.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.kwok import KWOK

Object = dict[str, Any]

HOSTNAME = "kubernetes.io/hostname"
ZONE = "topology.kubernetes.io/zone"
SPACES = ("one", "two")
APPS = ("web", "data", "cache", "batch")
GPU = "example.com/gpu"
RUNTIME = "heavy"
DYNAMIC = "volumes.lakestead.invalid"
LOCAL, BY_ZONE, AT_ONCE = "local", "by-zone", "at-once"
TAINTS = (
    {"key": "dedicated", "value": "data", "effect": "NoSchedule"},
    {"key": "dedicated", "value": "data", "effect": "NoExecute"},
    {"key": "spot", "effect": "PreferNoSchedule"},
    {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"},
)


@dataclass(slots=True)
class Generated:
    """What is put into the API server, in this order; ``waiting`` in the order of their names."""

    nodes: list[Object] = field(default_factory=list)
    volumes: list[Object] = field(default_factory=list)
    claims: list[Object] = field(default_factory=list)
    running: list[Object] = field(default_factory=list)
    waiting: list[Object] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    """The rules that it has, for the tally."""


def generate(seed: int) -> Generated:
    """The cluster of a seed."""
    return _Generator(random.Random(seed)).made()


class _Generator:
    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.found = Generated()

    def made(self) -> Generated:
        for number in range(self.chance.choice((1, 2, 3, 3, 4, 4, 5, 6, 8, 12))):
            self.found.nodes.append(self._node(number))
        for node in self.found.nodes:
            self._fill(node)
        for number in range(self.chance.randint(1, 5)):
            self._workload(number)
        return self.found

    def _maybe(self, share: float, name: str = "") -> bool:
        holds = self.chance.random() < share
        if holds and name:
            self.found.used.add(name)
        return holds

    def _node(self, number: int) -> Object:
        chance, name = self.chance, f"node-{number:02}"
        labels = {HOSTNAME: name, "disk": chance.choice(("ssd", "hdd")), "age": str(number)}
        if not self._maybe(0.1):
            labels[ZONE] = chance.choice("abc")
        cpu = chance.choice(("1", "2", "2", "4", "4", "8", "1500m", "7.5"))
        memory = chance.choice(("2Gi", "4Gi", "4Gi", "8Gi", "16Gi", "4e9", "7.5Gi", "8G"))
        allocatable = {
            "cpu": cpu,
            "memory": memory,
            "pods": str(chance.choice((110, 110, 110, 3, 6))),
            "ephemeral-storage": "10Gi",
        }
        if self._maybe(0.2):
            allocatable[GPU] = str(chance.choice((1, 2)))
        ready = not self._maybe(0.07, "not ready")
        taints = [chance.choice(TAINTS)] if self._maybe(0.3, "taint") else []
        # A kubelet that has a problem, and one that nobody hears of.
        lost = [{"type": "Ready", "status": "False" if number % 2 else "Unknown"}]
        return {
            "metadata": {"name": name, "labels": labels, "annotations": KWOK if ready else {}},
            "spec": {"taints": taints, "unschedulable": self._maybe(0.07, "cordoned")},
            "status": {
                "capacity": allocatable,
                "allocatable": allocatable,
                "conditions": [] if ready else lost,
            },
        }

    def _fill(self, node: Object) -> None:
        chance = self.chance
        for _ in range(chance.choice((0, 0, 1, 2, 3))):
            spec = self._containers(chance.choice((0.1, 0.3)))
            app = chance.choice(APPS)
            if self._maybe(0.2, "anti-affinity of running pods"):
                spec["affinity"] = {"podAntiAffinity": _required(_term(app, self._key()))}
            if self._maybe(0.1, "affinity of running pods"):
                spec["affinity"] = {"podAffinity": _required(_term(app, self._key()))}
            spec["nodeName"] = node["metadata"]["name"]
            number = len(self.found.running)
            self.found.running.append(self._pod(f"run-{number:03}", app, spec))

    def _workload(self, number: int) -> None:
        """Some replicas of one pod."""
        chance = self.chance
        app, space = chance.choice(APPS), chance.choice(SPACES)
        spec = self._containers(chance.choice((0.15, 0.3, 0.6, 1.0)))
        rules: list[tuple[float, str, Callable[[Object, str], None]]] = [
            (0.3, "toleration", self._tolerate),
            (0.15, "node selector", self._select),
            (0.2, "node affinity", self._node_affinity),
            (0.15, "pod affinity", self._pod_affinity),
            (0.25, "pod anti-affinity", self._anti_affinity),
            (0.25, "topology spread", self._spread),
            (0.1, "host port", self._host_port),
            (0.1, "preferences", self._prefer),
        ]
        for share, name, add in rules:
            if self._maybe(share, name):
                add(spec, app)
        volumes = chance.choice((LOCAL, BY_ZONE, "bound", AT_ONCE)) if self._maybe(0.15) else ""
        for replica in range(chance.choice((1, 1, 2, 3, 4, 6))):
            name = f"wait-{number:02}-{replica:02}"
            mine = dict(spec)
            if volumes:
                self.found.used.add(f"volume: {volumes}")
                self._claim(name, space, volumes)
                claim = {"persistentVolumeClaim": {"claimName": name}}
                mine["volumes"] = [{"name": "data", **claim}]
            self.found.waiting.append(self._pod(name, app, mine, space))

    def _pod(self, name: str, app: str, spec: Object, space: str = "") -> Object:
        metadata = {
            "name": name,
            "namespace": space or self.chance.choice(SPACES),
            "labels": {"app": app, "tier": self.chance.choice(("front", "back"))},
        }
        return {"metadata": metadata, "spec": spec}

    def _containers(self, size: float) -> Object:
        chance = self.chance

        def container(name: str) -> Object:
            requests = {}
            if not self._maybe(0.1, "no requests"):
                requests["cpu"] = chance.choice((
                    f"{int(4000 * size * chance.random()) + 1}m", f"{4 * size:.3f}", "0.1", "250m",
                ))  # fmt: skip
                requests["memory"] = chance.choice((
                    f"{int(8192 * size * chance.random()) + 1}Mi", f"{8 * size:.2f}Gi", "0.5Gi",
                    "1e9", "512M", "100000k",
                ))  # fmt: skip
            if self._maybe(0.05, "limits only"):
                return {"name": name, "image": "i", "resources": {"limits": requests}}
            if self._maybe(0.06, "extended resource"):
                extended = {**requests, GPU: "1"}
                return {
                    "name": name,
                    "image": "i",
                    "resources": {"requests": extended, "limits": {GPU: "1"}},
                }
            if self._maybe(0.06, "ephemeral storage"):
                requests["ephemeral-storage"] = chance.choice(("1Gi", "6Gi"))
            return {"name": name, "image": "i", "resources": {"requests": requests}}

        spec: Object = {"containers": [container("main")]}
        if self._maybe(0.15):
            spec["containers"].append(container("second"))
        if self._maybe(0.1, "init container"):
            spec["initContainers"] = [container("first")]
        if self._maybe(0.1, "sidecar"):
            sidecar = {**container("side"), "restartPolicy": "Always"}
            spec["initContainers"] = [sidecar, *spec.get("initContainers", [])]
        if self._maybe(0.06, "overhead"):
            spec["runtimeClassName"] = RUNTIME
        return spec

    def _key(self) -> str:
        return self.chance.choice((HOSTNAME, HOSTNAME, ZONE))

    def _tolerate(self, spec: Object, app: str) -> None:
        spec["tolerations"] = [
            self.chance.choice((
                {"key": "dedicated", "operator": "Equal", "value": "data", "effect": "NoSchedule"},
                {"key": "dedicated", "operator": "Exists"},
                {"operator": "Exists"},
                {"key": "node-role.kubernetes.io/control-plane", "operator": "Exists"},
                {"key": "node.kubernetes.io/unschedulable", "operator": "Exists"},
            ))
        ]  # fmt: skip

    def _select(self, spec: Object, app: str) -> None:
        spec["nodeSelector"] = self.chance.choice(({"disk": "ssd"}, {ZONE: "a"}, {"disk": "hdd"}))

    def _node_affinity(self, spec: Object, app: str) -> None:
        rule = self.chance.choice((
            {"key": "disk", "operator": "In", "values": ["ssd"]},
            {"key": ZONE, "operator": "NotIn", "values": ["a"]},
            {"key": ZONE, "operator": "Exists"},
            {"key": "age", "operator": "Gt", "values": ["1"]},
            {"key": "age", "operator": "Lt", "values": ["3"]},
            {"key": "gone", "operator": "DoesNotExist"},
        ))  # fmt: skip
        term = {"nodeSelectorTerms": [{"matchExpressions": [rule]}]}
        spec.setdefault("affinity", {})["nodeAffinity"] = {
            "requiredDuringSchedulingIgnoredDuringExecution": term
        }

    def _pod_affinity(self, spec: Object, app: str) -> None:
        target = self.chance.choice((app, app, self.chance.choice(APPS)))
        term = _term(target, self._key())
        self._namespaces(term)
        spec.setdefault("affinity", {})["podAffinity"] = _required(term)

    def _anti_affinity(self, spec: Object, app: str) -> None:
        target = self.chance.choice((app, app, app, self.chance.choice(APPS)))
        term = _term(target, self._key())
        self._namespaces(term)
        spec.setdefault("affinity", {})["podAntiAffinity"] = _required(term)

    def _namespaces(self, term: Object) -> None:
        if self._maybe(0.15, "namespaces of affinity"):
            term["namespaces"] = list(SPACES)
        elif self._maybe(0.15, "namespace selector"):
            term["namespaceSelector"] = self.chance.choice(({}, {"matchLabels": {"team": "one"}}))

    def _spread(self, spec: Object, app: str) -> None:
        constraint: Object = {
            "maxSkew": self.chance.choice((1, 1, 2)),
            "topologyKey": self._key(),
            "whenUnsatisfiable": "DoNotSchedule",
            "labelSelector": {"matchLabels": {"app": app}},
        }
        if self._maybe(0.15, "spread: least domains"):
            constraint["minDomains"] = self.chance.choice((2, 3))
        if self._maybe(0.2, "spread: taints honoured"):
            constraint["nodeTaintsPolicy"] = "Honor"
        if self._maybe(0.2, "spread: affinity ignored"):
            constraint["nodeAffinityPolicy"] = "Ignore"
        if self._maybe(0.1, "spread: label keys"):
            constraint["matchLabelKeys"] = ["tier"]
        spec["topologySpreadConstraints"] = [constraint]

    def _host_port(self, spec: Object, app: str) -> None:
        port = {"containerPort": 80, "hostPort": self.chance.choice((8080, 8081))}
        spec["containers"] = [{**spec["containers"][0], "ports": [port]}, *spec["containers"][1:]]

    def _prefer(self, spec: Object, app: str) -> None:
        kind = self.chance.choice(("node", "pods", "apart", "spread"))
        affinity = spec.setdefault("affinity", {})
        preferred = "preferredDuringSchedulingIgnoredDuringExecution"
        if kind == "node":
            rule = {"key": "disk", "operator": "In", "values": ["ssd"]}
            wish = {"weight": 50, "preference": {"matchExpressions": [rule]}}
            affinity.setdefault("nodeAffinity", {})[preferred] = [wish]
        elif kind == "spread":
            spec.setdefault("topologySpreadConstraints", []).append(
                {
                    "maxSkew": 1,
                    "topologyKey": self.chance.choice((HOSTNAME, ZONE)),
                    "whenUnsatisfiable": "ScheduleAnyway",
                    "labelSelector": {"matchLabels": {"tier": "front"}},
                }
            )
            keys = [(c["topologyKey"], c["whenUnsatisfiable"])
                    for c in spec["topologySpreadConstraints"]]  # fmt: skip
            if len(set(keys)) < len(keys):
                spec["topologySpreadConstraints"].pop()
        else:
            wish = {"weight": 30, "podAffinityTerm": _term(self.chance.choice(APPS), self._key())}
            name = "podAffinity" if kind == "pods" else "podAntiAffinity"
            affinity.setdefault(name, {})[preferred] = [wish]

    def _claim(self, name: str, space: str, kind: str) -> None:
        claim: Object = {
            "metadata": {"name": name, "namespace": space},
            "spec": {
                "accessModes": ["ReadWriteOnce"],
                "resources": {"requests": {"storage": "1Gi"}},
                "storageClassName": LOCAL if kind == "bound" else kind,
            },
        }
        self.found.claims.append(claim)
        if kind in (LOCAL, "bound") and not (kind == LOCAL and self._maybe(0.4)):
            node = self.chance.choice(self.found.nodes)["metadata"]["name"]
            volume: Object = {
                "metadata": {"name": f"{name}-volume"},
                "spec": {
                    "capacity": {"storage": self.chance.choice(("1Gi", "2Gi"))},
                    "accessModes": ["ReadWriteOnce"],
                    "storageClassName": LOCAL,
                    "local": {"path": "/data"},
                    "nodeAffinity": {"required": {"nodeSelectorTerms": [
                        {"matchExpressions": [{"key": HOSTNAME, "operator": "In", "values": [node]}]}
                    ]}},
                },
            }  # fmt: skip
            if kind == "bound":
                claim["spec"]["volumeName"] = volume["metadata"]["name"]
                volume["spec"]["claimRef"] = {"namespace": space, "name": name}
            self.found.volumes.append(volume)


def _term(app: str, key: str) -> Object:
    return {"topologyKey": key, "labelSelector": {"matchLabels": {"app": app}}}


def _required(*terms: Object) -> Object:
    return {"requiredDuringSchedulingIgnoredDuringExecution": list(terms)}
