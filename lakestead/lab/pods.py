"""Whether the lab's workloads really run: the API's word, checked against the live processes.

After a crash the API goes on calling a pod Ready until the kubelet looks again. So a container
counts as running only while its control group holds a live process.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from lakestead.kube.client import Api, ApiError, ObjectRef
from lakestead.kube.status import status
from lakestead.lab import cgroup
from lakestead.lab.manifests import Manifest


def missing(api: Api, manifest: Manifest) -> str:
    """What a manifest's workloads still lack, "" if nothing."""
    for wanted in manifest.workloads:
        metadata = wanted["metadata"]
        ref = ObjectRef(
            wanted["apiVersion"], wanted["kind"], metadata["name"], metadata.get("namespace")
        )
        state = status(api.get(ref))
        if not state.ready:
            return f"{wanted['kind']} {metadata['name']}: {state.reason}"
    namespaces = {w["metadata"]["namespace"] for w in manifest.workloads}
    alive = live_containers()
    for namespace in sorted(namespaces):
        if lacking := _not_running(api.list("v1", "Pod", namespace), alive):
            return lacking
    return ""


def live_containers() -> frozenset[str]:
    """Ids of the containers that have a live process, from the control groups."""
    found = set()
    for folder, _, _ in os.walk(cgroup.tracking() / cgroup.ROOT / "kubepods"):
        name = os.path.basename(folder)
        if len(name) == 64 and (Path(folder) / "cgroup.procs").read_text().strip():
            found.add(name)
    return frozenset(found)


def _not_running(pods: Iterable[dict[str, Any]], alive: frozenset[str]) -> str:
    for pod in pods:
        if pod["status"].get("phase") in ("Succeeded", "Failed"):
            continue
        name = pod["metadata"]["name"]
        for container in pod["status"].get("containerStatuses") or []:
            identity = container.get("containerID", "").rpartition("/")[2]
            if identity not in alive:
                return f"pod {name}: container {container['name']} {_why(container)}"
    return ""


def _why(container: dict[str, Any]) -> str:
    for state in ("state", "lastState"):
        for detail in (container.get(state) or {}).values():
            if reason := detail.get("reason"):
                return f"is not running ({reason})"
    return "is not running"


def last_lines(api: Api, manifest: Manifest, count: int = 8) -> str:
    """The end of the logs of a manifest's pods whose containers are not ready."""
    found = []
    for namespace in sorted({w["metadata"]["namespace"] for w in manifest.workloads}):
        for pod in api.list("v1", "Pod", namespace):
            kinds = ("initContainerStatuses", "containerStatuses")
            for container in [c for kind in kinds for c in pod["status"].get(kind) or []]:
                done = (container.get("state") or {}).get("terminated", {}).get("exitCode") == 0
                if container["ready"] or done:
                    continue
                name = pod["metadata"]["name"]
                try:
                    log = api.logs(namespace, name, container=container["name"], tail=count)
                except ApiError as error:
                    log = str(error)
                found.append(f"--- {namespace}/{name} {container['name']}\n{log.strip()}")
    return "\n".join(found)


def uids(api: Api, manifest: Manifest) -> list[str]:
    """Uids of the pods in a manifest's namespaces."""
    namespaces = {w["metadata"]["namespace"] for w in manifest.workloads}
    return [pod["metadata"]["uid"] for ns in namespaces for pod in api.list("v1", "Pod", ns)]


def replace_outdated(api: Api, manifest: Manifest) -> None:
    """Delete pods of a StatefulSet that are not ready and of an older revision.

    The controller waits for such a pod to become ready before it updates it, which may be never
    (Kubernetes, "forced rollback" of StatefulSets).
    """
    for wanted in manifest.workloads:
        if wanted["kind"] != "StatefulSet":
            continue
        metadata = wanted["metadata"]
        ref = ObjectRef("apps/v1", "StatefulSet", metadata["name"], metadata["namespace"])
        current = (api.get(ref) or {}).get("status", {}).get("updateRevision")
        for pod in api.list("v1", "Pod", metadata["namespace"]):
            owner = (pod["metadata"].get("ownerReferences") or [{}])[0].get("name")
            revision = pod["metadata"].get("labels", {}).get("controller-revision-hash")
            ready = any(
                c["type"] == "Ready" and c["status"] == "True"
                for c in pod["status"].get("conditions") or []
            )
            if owner == metadata["name"] and current and revision != current and not ready:
                api.delete(ObjectRef("v1", "Pod", pod["metadata"]["name"], metadata["namespace"]))
