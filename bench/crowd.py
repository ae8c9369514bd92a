"""A cluster of thousands of nodes and pods in an API server, and who is asked about it.

Nodes are kwok's: they are Ready and stay it by leases and heartbeats, which go on while others read, and
their pods run. Pods are those of Deployments, 30 a node, some with a sidecar.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from bench.cluster import Cluster, Object
from bench.floor import Request
from bench.install import Installed
from bench.measure import say
from bench.tools import HERE, OURS, PROGRAM, Command, Tool
from lakestead.facts.cluster import LISTS, METRICS
from tests.kwok import KWOK

NODES, PODS = "/api/v1/nodes", "/api/v1/pods"
SPACES = 20
AT_ONCE = 2000
WITHIN = 900.0  # seconds for any condition
IDLE = f"{PODS}?fieldSelector=status.phase!=Running&limit=1"


def fill(cluster: Cluster, nodes: int, pods: int) -> None:
    """Put them in, until all nodes are ready for pods and all pods run."""
    spaces = [_space(number) for number in range(SPACES)]
    _send(cluster, (("POST", "/api/v1/namespaces", space) for space in spaces))
    _send(cluster, (("POST", NODES, _node(number)) for number in range(nodes)))
    # New nodes are not ready, and have a taint for that.
    _until(lambda: all(map(_open, _items(cluster, NODES))), "all nodes are ready")
    say("capacity: all nodes are ready")
    _send(cluster, (_pod(number, nodes) for number in range(pods)))
    _until(lambda: not _items(cluster, IDLE), "all pods run")
    say("capacity: all pods run")


def pages(nodes: int, pods: int) -> int:
    """Calls that reading it takes: a list that is empty or not there is one page."""
    return -(-nodes // 500) - (-pods // 500) + len(LISTS) + 1


def crowd_tools(installed: Installed, cluster: Cluster) -> list[Tool]:
    """A capacity review, its floor, and what people do without it."""
    floor = [sys.executable, "-I", str(HERE / "lists.py"), cluster.server.url]
    paths = [NODES, PODS, *LISTS, METRICS]

    def reviewed(code: int, output: str) -> bool:
        return code == 0 and "one node lost" in output

    commands: dict[str, Command] = {
        OURS: Command([str(PROGRAM), "capacity"], reviewed),
        "floor": Command([*floor, *cluster.credentials, *paths]),
        "kubectl get pods -A -o json": Command(
            [str(installed.kubectl), "get", "pods", "-A", "-o", "json"]
        ),
        "kubectl describe nodes": Command([str(installed.kubectl), "describe", "nodes"]),
    }
    # This checkout, whichever one is installed.
    ours = {OURS: {"PYTHONPATH": str(HERE.parent)}}
    return [
        Tool(name, {"capacity": command}, ours.get(name, {})) for name, command in commands.items()
    ]


def _send(cluster: Cluster, requests: Iterator[Request]) -> None:
    batch: list[Request] = []
    for request in requests:
        batch.append(request)
        if len(batch) == AT_ONCE:
            _sent(cluster, batch)
            batch = []
    _sent(cluster, batch)


def _sent(cluster: Cluster, batch: list[Request]) -> None:
    for (method, path, _), (status, content) in zip(batch, cluster.client.send(batch), strict=True):
        if status >= 400:
            raise RuntimeError(f"{method} {path}: {status} {content[:300]!r}")


def _items(cluster: Cluster, path: str) -> list[Object]:
    """What one request gives of a list."""
    return list(json.loads(cluster.server.get(path))["items"])


def _open(node: Object) -> bool:
    conditions = {c["type"]: c["status"] for c in node["status"].get("conditions") or []}
    return conditions.get("Ready") == "True" and not node["spec"].get("taints")


def _until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + WITHIN
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {WITHIN:g} s: {what}")
        time.sleep(0.5)


def _name(number: int) -> str:
    return f"node-{number:05}"


def _space(number: int) -> Object:
    return {"metadata": {"name": f"team-{number:02}"}}


def _node(number: int) -> Object:
    resources = {"cpu": "16", "memory": "65536Mi", "pods": "110", "ephemeral-storage": "200Gi"}
    free = {**resources, "cpu": "15500m", "memory": "61440Mi"}
    return {
        "metadata": {
            "name": _name(number),
            "annotations": KWOK,
            "labels": {
                "kubernetes.io/hostname": _name(number),
                "kubernetes.io/arch": "amd64",
                "topology.kubernetes.io/zone": "abc"[number % 3],
            },
        },
        "status": {
            "capacity": resources,
            "allocatable": free,
            "addresses": [
                {"type": "InternalIP", "address": f"10.1.{number // 250}.{number % 250}"}
            ],
            "images": [
                {"names": [f"registry.example/app-{image}:1.{image}"], "sizeBytes": 10**8 + image}
                for image in range(25)
            ],
        },
    }


def _pod(number: int, nodes: int) -> Request:
    app, space = f"app-{number % 500}", f"team-{number % SPACES:02}"
    containers: list[dict[str, Any]] = [
        {
            "name": "main",
            "image": f"registry.example/{app}:1.0",
            "resources": {
                "requests": {
                    "cpu": f"{100 + number % 7 * 50}m",
                    "memory": f"{256 + number % 5 * 128}Mi",
                },
                "limits": {"memory": "1Gi"},
            },
            "env": [{"name": f"SETTING_{key}", "value": "x" * 24} for key in range(6)],
            "ports": [{"containerPort": 8080, "name": "http"}],
            "readinessProbe": {"httpGet": {"path": "/ready", "port": "http"}},
            "volumeMounts": [{"name": "config", "mountPath": "/config"}],
        }
    ]
    if number % 10 == 0:
        containers.append({"name": "sidecar", "image": "registry.example/sidecar:1.0"})
    owner = {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "name": f"{app}-5d4f8c",
        "uid": "00000000-0000-0000-0000-000000000001",
        "controller": True,
    }
    body = {
        "metadata": {
            "name": f"{app}-5d4f8c-{number:06}",
            "labels": {"app.kubernetes.io/name": app, "pod-template-hash": "5d4f8c"},
            "ownerReferences": [owner],
        },
        "spec": {
            "nodeName": _name(number % nodes),
            "containers": containers,
            "volumes": [{"name": "config", "configMap": {"name": app}}],
        },
    }
    return "POST", f"/api/v1/namespaces/{space}/pods", body
