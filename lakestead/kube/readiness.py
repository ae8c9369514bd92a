"""Wait until objects are ready, and explain why one is not: down to the pod's last log lines."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

from lakestead.errors import LakesteadError
from lakestead.kube.client import Api, ApiError, ObjectRef
from lakestead.kube.live import read_status
from lakestead.kube.pods import workload_pods
from lakestead.kube.status import Status, pod_reason, status

WORKLOADS = (
    ("apps/v1", "Deployment"),
    ("apps/v1", "StatefulSet"),
    ("apps/v1", "DaemonSet"),
    ("batch/v1", "Job"),
)
LOG_LINES = 10


def wait_ready(api: Api, refs: Iterable[ObjectRef], timeout: float, interval: float = 0.5) -> None:
    """Return once every object is ready (``lakestead.kube.status``).

    + timeout: seconds for all of them together
    + interval: seconds between two looks

    Raises LakesteadError naming what is not ready, why, and its pods' reasons and last log lines.
    """
    waiting = list(refs)
    deadline = time.monotonic() + timeout
    while True:
        states = read_status(api, waiting)
        waiting = [ref for ref, state in states.items() if not state.ready]
        if not waiting:
            return
        failed = [ref for ref in waiting if states[ref].state == "failed"]
        if failed:
            raise _not_ready(api, "failed", {ref: states[ref] for ref in failed})
        if time.monotonic() + interval > deadline:
            what = f"not ready after {timeout:g} s"
            raise _not_ready(api, what, {ref: states[ref] for ref in waiting})
        time.sleep(interval)


def _not_ready(api: Api, what: str, states: Mapping[ObjectRef, Status]) -> LakesteadError:
    parts = []
    for ref, state in states.items():
        detail = explain(api, ref)
        parts.append(f"{ref}: {state.reason}" + (f"\n{detail}" if detail else ""))
    first = next(iter(states))
    more = f" and {len(states) - 1} more" if len(states) > 1 else ""
    namespace = f"-n {first.namespace} " if first.namespace else ""
    return LakesteadError(
        f"{first}{more} {what}",
        found="\n".join(parts),
        do=f"kubectl {namespace}describe {first.kind.lower()} {first.name}",
    )


def explain(api: Api, ref: ObjectRef) -> str:
    """Why the pods behind an object are not ready, with their last log lines; empty if they are.

    Knows pods, workloads and jobs, and for a HelmRelease the workloads of its release.
    """
    try:
        obj = api.get(ref)
        if obj is None:
            return ""
        return "\n".join(part for pod in _pods(api, obj) if (part := explain_pod(api, pod)))
    except LakesteadError:
        # This decorates another error, which must not be lost.
        return ""


def _pods(api: Api, obj: dict[str, Any]) -> list[dict[str, Any]]:
    if obj["kind"] == "Pod":
        return [obj]
    if (obj["apiVersion"], obj["kind"]) in WORKLOADS:
        return workload_pods(api, obj)
    if obj["kind"] == "HelmRelease":
        metadata = obj["metadata"]
        selector = (
            f"helm.toolkit.fluxcd.io/name={metadata['name']},"
            f"helm.toolkit.fluxcd.io/namespace={metadata['namespace']}"
        )
        return [
            pod
            for api_version, kind in WORKLOADS
            for workload in api.list(api_version, kind, label_selector=selector)
            if not status(workload).ready
            for pod in workload_pods(api, workload)
        ]
    return []


def explain_pod(api: Api, pod: dict[str, Any]) -> str:
    """Why a pod is not ready, with the last log lines of the container that keeps it; or empty."""
    if status(pod).ready:
        return ""
    name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
    text = f"pod {name}: {pod_reason(pod)}"
    for container in _containers(pod):
        if container.get("ready") or not _has_run(container):
            continue
        log = _log(api, namespace, name, container)
        if log:
            indented = "\n".join(f"  | {line}" for line in log.splitlines())
            text += f"\n  last log lines of container {container['name']}:\n{indented}"
    return text


def _containers(pod: Mapping[str, Any]) -> list[dict[str, Any]]:
    state = pod.get("status") or {}
    init = [
        item
        for item in state.get("initContainerStatuses") or []
        # An init container that succeeded is not ready either.
        if ((item.get("state") or {}).get("terminated") or {}).get("exitCode") != 0
    ]
    return init + list(state.get("containerStatuses") or [])


def _has_run(container: Mapping[str, Any]) -> bool:
    state = container.get("state") or {}
    return "running" in state or "terminated" in state or bool(container.get("restartCount"))


def _log(api: Api, namespace: str, pod: str, container: Mapping[str, Any]) -> str:
    """The log of the run that failed: the one before, while the container waits to be restarted."""
    waiting = "waiting" in (container.get("state") or {})
    try:
        return api.logs(
            namespace, pod, container=container["name"], tail=LOG_LINES, previous=waiting
        ).strip()
    except ApiError:
        return ""
