"""The real kube-scheduler beside an API server of one's own, and what it did with a cluster.

Nodes are kwok's, but those that are not ready, which have no kubelet: what becomes of a pod that is bound
is what becomes of it in life. Taints of nodes are those that the real node lifecycle controller gives.
PersistentVolumes are bound by the real controller; volumes of a provisioner are made here.
"""

from __future__ import annotations

import http.client
import re
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from lakestead.kube.client import Api, ApiError
from lakestead.lab.golang import go_program
from tests.api_server import ApiServer, _free_port, _process
from tests.kwok import KWOK, controllers, kwok_nodes
from tests.scheduler.generate import (
    AT_ONCE,
    BY_ZONE,
    DYNAMIC,
    LOCAL,
    RUNTIME,
    SPACES,
    ZONE,
    Generated,
    Object,
)

WITHIN = 60.0  # seconds for anything
WELL_KNOWN = "node.kubernetes.io/"
MERGE = {"Content-Type": "application/merge-patch+json"}


class RealScheduler:
    """Puts clusters into an API server and lets kube-scheduler place the pods that wait."""

    def __init__(self, server: ApiServer) -> None:
        self.server = server
        self.api = Api.from_kubeconfig(str(server.kubeconfig))

    @classmethod
    @contextmanager
    def running(cls, server: ApiServer) -> Iterator[RealScheduler]:
        """With nodes that are alive and volumes that get bound, until the end of the block."""
        with kwok_nodes(server), controllers(server, "persistentvolume-binder-controller"):
            made = cls(server)
            made._prepare()
            yield made

    def load(self, cluster: Generated) -> None:
        """Put everything in but the pods that wait."""
        for node in cluster.nodes:
            self._post("/api/v1/nodes", node)
        for volume in cluster.volumes:
            self._post("/api/v1/persistentvolumes", volume)
        for claim in cluster.claims:
            space = claim["metadata"]["namespace"]
            self._post(f"/api/v1/namespaces/{space}/persistentvolumeclaims", claim)
        for pod in cluster.running:
            self._post(f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods", pod)
        bound = {claim["metadata"]["name"] for claim in cluster.claims
                 if "volumeName" in claim["spec"]}  # fmt: skip
        if cluster.volumes:
            _until(lambda: self._volumes_ready(bound), "volumes are ready")
        _until(
            lambda: all(map(_known, self._items("/api/v1/nodes"))), "nodes are ready, or tainted"
        )
        _until(self._pods_run, "pods on ready nodes run")

    def schedule(self, cluster: Generated) -> tuple[list[Object], dict[str, str]]:
        """The pods that wait as the server has them, and the node of each, as ``namespace/name``.

        They come one after another, as the scheduler takes them; "" are those that stay pending.
        """
        port = _free_port()
        config = self.server.folder / "scheduler.yaml"
        config.write_text(yaml.safe_dump(_configuration(self.server.kubeconfig)))
        argv = [
            str(go_program("kubernetes").program("kube-scheduler")),
            f"--config={config}",
            "--bind-address=127.0.0.1",
            f"--secure-port={port}",
            f"--cert-dir={self.server.folder / 'scheduler'}",
            "--authentication-skip-lookup=true",
            "--authorization-always-allow-paths=/metrics,/readyz",
        ]
        wanted = {_name(pod) for pod in cluster.waiting}
        with _process(argv, self.server.folder / "scheduler.log"):
            found: dict[str, str] = {}
            _until(lambda: _ask(port, "/readyz") == "ok", "the scheduler is ready")
            posted = [
                self._post(f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods", pod)
                for pod in cluster.waiting
            ]

            def settled() -> bool:
                self._provision()
                queues = _queues(port)
                found.clear()
                pods = self._items("/api/v1/pods")
                found.update({_name(pod): pod["spec"].get("nodeName", "") for pod in pods})
                pending = sum(not found[name] for name in wanted)
                return (
                    queues["active"] == queues["backoff"] == 0
                    and queues["unschedulable"] == pending == _queues(port)["unschedulable"]
                )

            _until(settled, "the scheduler is done")
        _until(self._pods_run, "pods that were bound run")
        return posted, {name: found[name] for name in sorted(wanted)}

    def clear(self) -> None:
        """Take everything out."""
        now = {"gracePeriodSeconds": 0, "propagationPolicy": "Background"}
        for space in SPACES:
            self.api.raw("DELETE", f"/api/v1/namespaces/{space}/pods", body=now)
            self._drop(f"/api/v1/namespaces/{space}/persistentvolumeclaims")
        self._drop("/api/v1/persistentvolumes")
        self.api.raw("DELETE", "/api/v1/nodes", body=now)
        for path in ("/api/v1/pods", "/api/v1/nodes", "/api/v1/persistentvolumes"):
            _until(lambda path=path: not self._items(path), f"{path} is empty")

    def _prepare(self) -> None:
        for space in SPACES:
            labels = {"team": space}
            self._post("/api/v1/namespaces", {"metadata": {"name": space, "labels": labels}})
        for name, provisioner, mode in (
            (LOCAL, "kubernetes.io/no-provisioner", "WaitForFirstConsumer"),
            (BY_ZONE, DYNAMIC, "WaitForFirstConsumer"),
            (AT_ONCE, DYNAMIC, "Immediate"),
        ):
            kind: Object = {
                "metadata": {"name": name},
                "provisioner": provisioner,
                "volumeBindingMode": mode,
            }
            if name == BY_ZONE:
                rule = {"key": ZONE, "values": ["a", "b"]}
                kind["allowedTopologies"] = [{"matchLabelExpressions": [rule]}]
            self._post("/apis/storage.k8s.io/v1/storageclasses", kind)
        overhead = {"podFixed": {"cpu": "250m", "memory": "120Mi"}}
        runtime = {"metadata": {"name": RUNTIME}, "handler": RUNTIME, "overhead": overhead}
        self._post("/apis/node.k8s.io/v1/runtimeclasses", runtime)

    def _post(self, path: str, body: Object) -> Object:
        posted: Object = self.api.raw("POST", path, body=body)
        return posted

    def _items(self, path: str) -> list[Object]:
        return list(self.api.raw("GET", path)["items"])

    def _drop(self, path: str) -> None:
        for item in self._items(path):
            one = f"{path}/{item['metadata']['name']}"
            try:
                self.api.raw("DELETE", one)
                none = {"metadata": {"finalizers": None}}
                self.api.raw("PATCH", one, body=none, headers=MERGE)
            except ApiError as error:
                if error.status != 404:
                    raise

    def _pods_run(self) -> bool:
        """Whether kwok has started all pods that are on its nodes."""
        nodes = self._items("/api/v1/nodes")
        alive = {node["metadata"]["name"] for node in nodes if _alive(node)}
        return all(
            pod["status"]["phase"] == "Running"
            for pod in self._items("/api/v1/pods")
            if pod["spec"].get("nodeName") in alive
        )

    def _volumes_ready(self, bound: set[str]) -> bool:
        volumes = self._items("/api/v1/persistentvolumes")
        claims = self._items("/api/v1/persistentvolumeclaims")
        return all(
            (item.get("status") or {}).get("phase") in ("Available", "Bound") for item in volumes
        ) and all(
            item["status"].get("phase") == "Bound"
            for item in claims
            if item["metadata"]["name"] in bound
        )

    def _provision(self) -> None:
        """What an external provisioner does for claims that the scheduler has given a node."""
        for claim in self._items("/api/v1/persistentvolumeclaims"):
            metadata = claim["metadata"]
            node = metadata.get("annotations", {}).get("volume.kubernetes.io/selected-node")
            name = f"made-{metadata['name']}"
            if not node or claim["spec"].get("volumeName"):
                continue
            if claim["spec"]["storageClassName"] != BY_ZONE:
                continue
            reference = {k: metadata[k] for k in ("namespace", "name", "uid")}
            volume = {
                "metadata": {
                    "name": name,
                    "annotations": {"pv.kubernetes.io/provisioned-by": DYNAMIC},
                },
                "spec": {
                    "capacity": {"storage": "1Gi"},
                    "accessModes": ["ReadWriteOnce"],
                    "storageClassName": BY_ZONE,
                    "csi": {"driver": DYNAMIC, "volumeHandle": name},
                    "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", **reference},
                },
            }
            try:
                self._post("/api/v1/persistentvolumes", volume)
            except ApiError as error:
                if error.status != 409:
                    raise


def _alive(node: Object) -> bool:
    return node["metadata"].get("annotations", {}).items() >= KWOK.items()


def _known(node: Object) -> bool:
    """Whether it has the condition of its kubelet, the taints of that, and no longer those of new nodes."""
    conditions = {c["type"]: c["status"] for c in node["status"].get("conditions") or []}
    ready = conditions.get("Ready", "")
    if _alive(node) and ready != "True":
        return False
    wanted = {"True": set(), "False": {"not-ready"}, "Unknown": {"unreachable"}}[ready]
    if node["spec"].get("unschedulable"):
        wanted.add("unschedulable")
    found = {
        taint["key"].removeprefix(WELL_KNOWN)
        for taint in node["spec"].get("taints") or []
        if taint["key"].startswith(WELL_KNOWN) and taint["effect"] == "NoSchedule"
    }
    return found == wanted


def _configuration(kubeconfig: Path) -> dict[str, Any]:
    return {
        "apiVersion": "kubescheduler.config.k8s.io/v1",
        "kind": "KubeSchedulerConfiguration",
        "leaderElection": {"leaderElect": False},
        "clientConnection": {"kubeconfig": str(kubeconfig), "qps": 1000, "burst": 1000},
        # A pod that did not fit is tried again soon, when another one has changed something.
        "podInitialBackoffSeconds": 1,
        "podMaxBackoffSeconds": 1,
    }


def _queues(port: int) -> dict[str, int]:
    """Pods in the scheduler's queues."""
    found = re.findall(
        r'^scheduler_pending_pods\{queue="(\w+)"\} (\d+)', _ask(port, "/metrics"), re.MULTILINE
    )
    return {"active": 0, "backoff": 0, "unschedulable": 0} | {k: int(v) for k, v in found}


def _ask(port: int, path: str) -> str:
    """What the scheduler answers; empty while it does not listen yet."""
    context = ssl._create_unverified_context()  # its certificate is its own
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=5, context=context)
    try:
        connection.request("GET", path)
        return connection.getresponse().read().decode()
    except OSError:
        return ""
    finally:
        connection.close()


def _until(holds: Any, what: str) -> None:
    deadline = time.monotonic() + WITHIN
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {WITHIN:g} s: {what}")
        time.sleep(0.05)


def _name(pod: Object) -> str:
    return f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
