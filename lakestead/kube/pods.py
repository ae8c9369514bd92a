"""Find the pod behind a workload."""

from __future__ import annotations

from typing import Any

from lakestead.errors import LakesteadError
from lakestead.kube.client import Api, ObjectRef
from lakestead.kube.status import pod_reason, status

WORKLOADS = {
    "deploy": ("apps/v1", "Deployment"),
    "deployment": ("apps/v1", "Deployment"),
    "sts": ("apps/v1", "StatefulSet"),
    "statefulset": ("apps/v1", "StatefulSet"),
    "ds": ("apps/v1", "DaemonSet"),
    "daemonset": ("apps/v1", "DaemonSet"),
    "pod": ("v1", "Pod"),
}


def ready_pod(api: Api, namespace: str, workload: str) -> str:
    """The name of a ready pod of ``workload``; of several the oldest.

    + workload: ``deploy/rook-ceph-tools``, ``statefulset/postgresql`` or ``pod/toolbox``

    Raises LakesteadError saying what was found instead.
    """
    kind, _, name = workload.partition("/")
    if kind not in WORKLOADS or not name:
        raise LakesteadError(
            f"{workload!r} names no workload",
            expected="KIND/NAME with KIND one of " + ", ".join(sorted(WORKLOADS)),
        )
    ref = ObjectRef(*WORKLOADS[kind], name, namespace)
    owner = api.get(ref)
    if owner is None:
        raise _missing(api, ref)
    pods = [owner] if ref.kind == "Pod" else workload_pods(api, owner)
    ready = [pod for pod in pods if _runs(pod)]
    if ready:
        oldest = min(ready, key=lambda pod: str(pod["metadata"].get("creationTimestamp")))
        return str(oldest["metadata"]["name"])
    found = "\n".join(f"pod {pod['metadata']['name']}: {pod_reason(pod)}" for pod in pods)
    replicas = (owner.get("spec") or {}).get("replicas")
    if not pods:
        found = "no pod, it is scaled to 0" if replicas == 0 else "no pod"
    raise LakesteadError(
        f"{ref} has no ready pod",
        where=_cluster(api),
        found=found,
        do=f"kubectl -n {namespace} describe {workload}",
    )


def workload_pods(api: Api, owner: dict[str, Any]) -> list[dict[str, Any]]:
    """The pods that a Deployment, StatefulSet, DaemonSet, ReplicaSet or Job selects."""
    selector = (owner.get("spec") or {}).get("selector") or {}
    terms = [f"{key}={value}" for key, value in (selector.get("matchLabels") or {}).items()]
    for expression in selector.get("matchExpressions") or []:
        terms.append(_expression(expression))
    if not terms:
        return []
    return api.list(
        "v1", "Pod", owner["metadata"]["namespace"], label_selector=",".join(sorted(terms))
    )


def _expression(expression: dict[str, Any]) -> str:
    key, operator = expression["key"], expression["operator"]
    if operator == "Exists":
        return str(key)
    if operator == "DoesNotExist":
        return f"!{key}"
    word = "in" if operator == "In" else "notin"
    return f"{key} {word} ({','.join(expression['values'])})"


def _runs(pod: dict[str, Any]) -> bool:
    phase = (pod.get("status") or {}).get("phase")
    return phase == "Running" and status(pod).ready


def _missing(api: Api, ref: ObjectRef) -> LakesteadError:
    if api.get(ObjectRef("v1", "Namespace", str(ref.namespace))) is None:
        found = f"no namespace {ref.namespace}"
    else:
        there = [
            item["metadata"]["name"] for item in api.list(ref.api_version, ref.kind, ref.namespace)
        ]
        found = f"in namespace {ref.namespace}: " + (", ".join(sorted(there)) or f"no {ref.kind}")
    return LakesteadError(
        f"{ref} does not exist",
        where=_cluster(api),
        found=found,
        do="correct its name in the inventory, or make it first",
    )


def _cluster(api: Api) -> str:
    return f"{api.access.configuration.host}, context {api.access.context!r}"
