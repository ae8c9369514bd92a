"""Whether an object has become what was asked for, read from its status alone.

The rules are kstatus' (sigs.k8s.io/cli-utils/pkg/kstatus), which Flux and Helm 4 wait by too, and
Flux's Ready and Stalled conditions with observedGeneration.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

State = Literal["current", "in progress", "failed", "not found"]


@dataclass(frozen=True, slots=True)
class Status:
    """An object's state, and the reason in words that a person can act on."""

    state: State
    reason: str

    @property
    def ready(self) -> bool:
        """Whether there is nothing left to wait for."""
        return self.state == "current"


def status(obj: Mapping[str, Any] | None) -> Status:
    """The state of an object as the API has it; None is an object that is not there."""
    if obj is None:
        return Status("not found", "it does not exist")
    metadata = obj.get("metadata") or {}
    if metadata.get("deletionTimestamp"):
        finalizers = ", ".join(metadata.get("finalizers") or [])
        return Status(
            "in progress", "being deleted" + (f", held by {finalizers}" * bool(finalizers))
        )
    state = obj.get("status") or {}
    observed = state.get("observedGeneration")
    generation = metadata.get("generation")
    if observed is not None and generation is not None and int(observed) != int(generation):
        return Status(
            "in progress", f"generation {generation} not observed yet, the last was {observed}"
        )
    rule = RULES.get((_group(obj), obj["kind"]), _by_conditions)
    return rule(obj)


def waits_for(obj: Mapping[str, Any]) -> str:
    """What ``status`` waits for once a manifest is applied, in words; empty where for nothing."""
    kind, spec = obj["kind"], obj.get("spec") or {}
    if kind in ("Deployment", "ReplicaSet", "StatefulSet") and _group(obj) == "apps":
        wanted = spec.get("replicas", 1)
        return f"{wanted} of {wanted} pods ready"
    if kind == "Service" and spec.get("type") == "LoadBalancer":
        return "an address"
    words = WORDS.get((_group(obj), kind), "")
    if not words and _group(obj).endswith(".toolkit.fluxcd.io"):
        return "Ready"
    return words


def has_status(obj: Mapping[str, Any]) -> bool:
    """Whether an object becomes something after it is stored, which can be waited for."""
    return (_group(obj), obj["kind"]) not in STORED


def _group(obj: Mapping[str, Any]) -> str:
    api_version = str(obj["apiVersion"])
    return api_version.split("/")[0] if "/" in api_version else ""


def _condition(obj: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    for condition in (obj.get("status") or {}).get("conditions") or []:
        if condition.get("type") == name:
            found: Mapping[str, Any] = condition
            return found
    return None


def _words(condition: Mapping[str, Any]) -> str:
    reason, message = condition.get("reason"), condition.get("message")
    return ": ".join(str(part) for part in (reason, message) if part) or str(condition["type"])


def _by_conditions(obj: Mapping[str, Any]) -> Status:
    stalled = _condition(obj, "Stalled")
    if stalled and stalled["status"] == "True":
        return Status("failed", _words(stalled))
    ready = _condition(obj, "Ready")
    reconciling = _condition(obj, "Reconciling")
    if reconciling and reconciling["status"] == "True":
        # Flux says in Ready why it is not done yet, in Reconciling only that it is at it.
        return Status("in progress", _words(ready or reconciling))
    if ready is None:
        if _group(obj).endswith(".toolkit.fluxcd.io"):
            return Status("in progress", "no controller has looked at it yet")
        return Status("current", "it exists")
    if ready["status"] == "True":
        return Status("current", _words(ready))
    return Status("in progress", _words(ready))


def _deployment(obj: Mapping[str, Any]) -> Status:
    progressing = _condition(obj, "Progressing")
    if progressing and progressing.get("reason") == "ProgressDeadlineExceeded":
        return Status("failed", _words(progressing))
    failure = _condition(obj, "ReplicaFailure")
    if failure and failure["status"] == "True":
        return Status("in progress", _words(failure))
    return _replicas(
        obj, [("updatedReplicas", "updated"), ("availableReplicas", "available")], surplus=True
    )


def _stateful_set(obj: Mapping[str, Any]) -> Status:
    fields = [("readyReplicas", "ready")]
    strategy = (obj.get("spec") or {}).get("updateStrategy") or {}
    partition = (strategy.get("rollingUpdate") or {}).get("partition") or 0
    if strategy.get("type") != "OnDelete" and not partition:
        fields.insert(0, ("updatedReplicas", "updated"))
    return _replicas(obj, fields, surplus=False)


def _replica_set(obj: Mapping[str, Any]) -> Status:
    return _replicas(obj, [("availableReplicas", "available")], surplus=True)


def _replicas(obj: Mapping[str, Any], fields: list[tuple[str, str]], *, surplus: bool) -> Status:
    state = obj.get("status") or {}
    if state.get("observedGeneration") is None:
        return Status("in progress", "no controller has looked at it yet")
    wanted = (obj.get("spec") or {}).get("replicas", 1)
    for field, word in fields:
        if state.get(field, 0) < wanted:
            return Status("in progress", f"{state.get(field, 0)} of {wanted} pods {word}")
    if surplus and state.get("replicas", 0) > wanted:
        return Status("in progress", f"{state['replicas'] - wanted} old pods still run")
    return Status("current", f"{wanted} of {wanted} pods ready")


def _daemon_set(obj: Mapping[str, Any]) -> Status:
    state = obj.get("status") or {}
    if state.get("observedGeneration") is None:
        return Status("in progress", "no controller has looked at it yet")
    wanted = state.get("desiredNumberScheduled", 0)
    for field, word in (
        ("updatedNumberScheduled", "updated"),
        ("numberAvailable", "available"),
        ("numberReady", "ready"),
    ):
        if state.get(field, 0) < wanted:
            return Status("in progress", f"{state.get(field, 0)} of {wanted} pods {word}")
    return Status("current", f"{wanted} of {wanted} pods ready")


def _job(obj: Mapping[str, Any]) -> Status:
    failed = _condition(obj, "Failed")
    if failed and failed["status"] == "True":
        return Status("failed", _words(failed))
    complete = _condition(obj, "Complete")
    if complete and complete["status"] == "True":
        return Status("current", "completed")
    state = obj.get("status") or {}
    return Status(
        "in progress",
        f"{state.get('active', 0)} active, {state.get('failed', 0)} failed, not completed yet",
    )


def _pod(obj: Mapping[str, Any]) -> Status:
    state = obj.get("status") or {}
    phase = state.get("phase")
    if phase == "Succeeded":
        return Status("current", "completed")
    reason = pod_reason(obj)
    if phase == "Failed":
        return Status("failed", reason)
    ready = _condition(obj, "Ready")
    if ready and ready["status"] == "True":
        return Status("current", "ready")
    return Status("in progress", reason)


def pod_reason(pod: Mapping[str, Any]) -> str:
    """Why a pod is not ready: a container's waiting reason, or what its conditions say."""
    state = pod.get("status") or {}
    containers = (state.get("initContainerStatuses") or []) + (state.get("containerStatuses") or [])
    for container in containers:
        waiting = (container.get("state") or {}).get("waiting")
        if waiting and waiting.get("reason") not in ("PodInitializing", "ContainerCreating"):
            return f"container {container['name']} waits: " + _joined(waiting)
        ended = (container.get("state") or {}).get("terminated")
        if ended and ended.get("exitCode"):
            return f"container {container['name']} ended with {ended['exitCode']}: " + _joined(
                ended
            )
    scheduled = _condition(pod, "PodScheduled")
    if scheduled and scheduled["status"] == "False":
        return _words(scheduled)
    for container in containers:
        waiting = (container.get("state") or {}).get("waiting")
        if waiting:
            return f"container {container['name']} waits: " + _joined(waiting)
        if not container.get("ready") and "running" in (container.get("state") or {}):
            return f"container {container['name']} runs but is not ready"
    return _joined(state) or f"phase {state.get('phase') or 'unknown'}"


def _joined(part: Mapping[str, Any]) -> str:
    return ": ".join(str(part[key]) for key in ("reason", "message") if part.get(key))


def _claim(obj: Mapping[str, Any]) -> Status:
    phase = (obj.get("status") or {}).get("phase")
    if phase == "Bound":
        return Status("current", "bound")
    return Status("failed" if phase == "Lost" else "in progress", f"phase {phase or 'unknown'}")


def _service(obj: Mapping[str, Any]) -> Status:
    if (obj.get("spec") or {}).get("type") != "LoadBalancer":
        return Status("current", "it exists")
    if ((obj.get("status") or {}).get("loadBalancer") or {}).get("ingress"):
        return Status("current", "it has an address")
    return Status("in progress", "no load balancer has given it an address")


def _crd(obj: Mapping[str, Any]) -> Status:
    names = _condition(obj, "NamesAccepted")
    if names and names["status"] == "False":
        return Status("failed", _words(names))
    established = _condition(obj, "Established")
    if established and established["status"] == "True":
        return Status("current", "established")
    return Status("in progress", "not established yet")


def _budget(obj: Mapping[str, Any]) -> Status:
    return Status("current", "it exists")


RULES: dict[tuple[str, str], Callable[[Mapping[str, Any]], Status]] = {
    ("", "Pod"): _pod,
    ("", "PersistentVolumeClaim"): _claim,
    ("", "Service"): _service,
    ("apps", "DaemonSet"): _daemon_set,
    ("apps", "Deployment"): _deployment,
    ("apps", "ReplicaSet"): _replica_set,
    ("apps", "StatefulSet"): _stateful_set,
    ("batch", "Job"): _job,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _crd,
    ("policy", "PodDisruptionBudget"): _budget,
}

WORDS: dict[tuple[str, str], str] = {
    ("", "Pod"): "ready",
    ("", "PersistentVolumeClaim"): "bound",
    ("apps", "DaemonSet"): "a ready pod on each node",
    ("batch", "Job"): "completed",
    ("apiextensions.k8s.io", "CustomResourceDefinition"): "established",
}

# Kinds whose objects are what they are once they are stored.
STORED = frozenset(
    [
        ("", "ConfigMap"),
        ("", "LimitRange"),
        ("", "Secret"),
        ("", "ServiceAccount"),
        ("rbac.authorization.k8s.io", "ClusterRole"),
        ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
        ("rbac.authorization.k8s.io", "Role"),
        ("rbac.authorization.k8s.io", "RoleBinding"),
    ]
)
