"""Which pods still have an old credential."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from lakestead.credentials.copies import Copy
from lakestead.kube.client import Api
from lakestead.plan.rotation import parse

ROLLED_OUT = "lakestead.io/credentials"
"""Annotation of pods: fingerprints of the credentials that they were started with, with commas between."""

# A kubelet sees a changed Secret a moment later, and its clock is not the API server's.
_MARGIN = timedelta(seconds=5)


def with_the_old_one(api: Api, copy: Copy, wanted: str) -> list[str]:
    """Names of the pods that read the Secret before it was changed, with the reason.

    A pod that names what it was started with is believed; of others it counts when their containers
    were started. A container reads an environment variable once, and a mounted Secret need not be read
    again, so both count as old.

    + wanted: fingerprint of the new one, which the annotation ``ROLLED_OUT`` of a pod that has it names
    """
    secret = api.get(copy.target)
    if secret is None:
        return []
    changed = _changed(secret)
    old = []
    for pod in api.list("v1", "Pod", copy.target.namespace):
        if pod["status"].get("phase") in ("Succeeded", "Failed") or not uses(pod, copy.name):
            continue
        said = (pod["metadata"].get("annotations") or {}).get(ROLLED_OUT)
        name = f"pod {pod['metadata']['name']}"
        if said is not None:
            if wanted not in said.split(","):
                old.append(f"{name}: was started with the credentials before")
            continue
        if any(begun < changed + _MARGIN for begun in _started(pod)):
            old.append(f"{name}: its containers are older than the Secret's last change")
    return old


def uses(pod: Mapping[str, Any], secret: str) -> bool:
    """Whether any container of a pod has a Secret in its environment or as files."""
    spec = pod["spec"]
    for container in [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]:
        for entry in container.get("env") or ():
            if ((entry.get("valueFrom") or {}).get("secretKeyRef") or {}).get("name") == secret:
                return True
        for entry in container.get("envFrom") or ():
            if (entry.get("secretRef") or {}).get("name") == secret:
                return True
    for volume in spec.get("volumes") or ():
        if (volume.get("secret") or {}).get("secretName") == secret:
            return True
        for source in (volume.get("projected") or {}).get("sources") or ():
            if (source.get("secret") or {}).get("name") == secret:
                return True
    return False


def _changed(secret: Mapping[str, Any]) -> datetime:
    metadata = secret["metadata"]
    times = [entry["time"] for entry in metadata.get("managedFields") or () if "time" in entry]
    return parse(max(times, default=metadata["creationTimestamp"]))


def _started(pod: Mapping[str, Any]) -> Iterator[datetime]:
    for kind in ("initContainerStatuses", "containerStatuses"):
        for container in pod["status"].get(kind) or ():
            running = (container.get("state") or {}).get("running")
            if running:
                yield parse(running["startedAt"])
