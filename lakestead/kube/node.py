"""Whether the node of a pod still answers: a command in a pod waits for a dead one without an end."""

from __future__ import annotations

from lakestead.errors import LakesteadError
from lakestead.kube.client import Api, ObjectRef


def must_answer(api: Api, namespace: str, pod: str) -> None:
    """Raise LakesteadError where the pod is gone, or its node has stopped saying how it is.

    The control plane notices that about 50 s after the node's last word (its grace period). Where the
    node may not be read, or the API does not answer, nothing is said: the command's own time limit stays.
    """
    where = f"pod {namespace}/{pod}"
    try:
        found = api.get(ObjectRef("v1", "Pod", pod, namespace))
        name = str(((found or {}).get("spec") or {}).get("nodeName"))
        node = api.get(ObjectRef("v1", "Node", name)) if found else None
    except LakesteadError:
        return
    if found is None:
        raise LakesteadError(
            "The pod is gone in which a command ran",
            where=where,
            do="run the same command again: what is done already is not done twice",
        )
    for condition in ((node or {}).get("status") or {}).get("conditions") or []:
        if condition["type"] == "Ready" and condition["status"] == "Unknown":
            raise LakesteadError(
                f"Node {name} does not answer any more, nor does the command in a pod on it",
                where=where,
                found=f"{condition.get('message')} (since {condition.get('lastTransitionTime')})",
                do="start the node, or its kubelet, again; then run the same command again",
            )
