"""What happens to the lab: each of these does it and waits until everything that it touched is well again."""

from __future__ import annotations

import os
import signal
import time
import urllib.request
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lakestead.kube.client import Api, ApiError, ObjectRef
from lakestead.kube.pods import workload_pods
from lakestead.lab import cgroup

METASTORE = ObjectRef("apps/v1", "Deployment", "hive-metastore", "data-platform")
POSTGRESQL = ObjectRef("apps/v1", "StatefulSet", "postgresql", "databases")
RGW = ObjectRef("apps/v1", "Deployment", "rook-ceph-rgw-storage-a", "storage")
OSD = ObjectRef("apps/v1", "Deployment", "rook-ceph-osd-0", "storage")
WITHIN = 240.0  # seconds


def nothing(api: Api) -> None:
    """Nobody does anything for ten seconds."""
    time.sleep(10)


def rollout(api: Api) -> None:
    """``kubectl rollout restart``: every pod of the metastore is replaced."""
    template = {
        "metadata": {
            "annotations": {"kubectl.kubernetes.io/restartedAt": datetime.now(UTC).isoformat()}
        }
    }
    api.patch(METASTORE, {"spec": {"template": template}})
    well(api, METASTORE)


def kill(ref: ObjectRef, program: str, count: int = 1) -> Callable[[Api], None]:
    """``kill -9`` of a program in ``count`` pods; the kubelet starts the containers anew."""

    def do(api: Api) -> None:
        for pod in pods(api, ref)[:count]:
            os.kill(_process(pod, program), signal.SIGKILL)
        # Until the kubelet has seen it, all looks well.
        _wait(lambda: not _is_well(api, ref), 30)
        well(api, ref)

    return do


def delete_by_force(api: Api) -> None:
    """``kubectl delete --force --grace-period=0`` of one of the metastore's pods."""
    [pod, *_] = pods(api, METASTORE)
    path = f"/api/v1/namespaces/{METASTORE.namespace}/pods/{pod['metadata']['name']}"
    api.raw("DELETE", path, body={"gracePeriodSeconds": 0})
    _wait(lambda: not _is_well(api, METASTORE), 30)
    well(api, METASTORE)


def drain(api: Api) -> None:
    """The metastore's pods are evicted as ``kubectl drain`` does it, each as soon as its budget allows.

    The node is not closed: the lab has no other one for the new pods.
    """
    for pod in pods(api, METASTORE):
        name = pod["metadata"]["name"]
        body = {
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"name": name, "namespace": METASTORE.namespace},
        }
        path = f"/api/v1/namespaces/{METASTORE.namespace}/pods/{name}/eviction"
        _wait(lambda path=path, body=body: _evicted(api, path, body))
    well(api, METASTORE)


def restart(ref: ObjectRef) -> Callable[[Api], None]:
    """The pod is deleted, as by an upgrade, and its controller makes a new one."""

    def do(api: Api) -> None:
        for pod in pods(api, ref):
            api.delete(ObjectRef("v1", "Pod", pod["metadata"]["name"], ref.namespace))
        _wait(lambda: not _is_well(api, ref), 30)
        well(api, ref)

    return do


def away(ref: ObjectRef, seconds: float) -> Callable[[Api], None]:
    """A workload is scaled to nothing for some time; nobody may restart the metastore meanwhile."""

    def do(api: Api) -> None:
        before = _restarts(api)
        api.patch(ref, {"spec": {"replicas": 0}})
        time.sleep(seconds)
        api.patch(ref, {"spec": {"replicas": 1}})
        well(api, ref)
        well(api, METASTORE)
        assert _restarts(api) == before, "the metastore was restarted, which is of no use"

    return do


EVENTS: Mapping[str, Callable[[Api], None]] = {
    "nothing": nothing,
    "rollout of the metastore": rollout,
    "`kill -9` of one metastore": kill(METASTORE, "java"),
    "one pod deleted by force": delete_by_force,
    "both pods drained, one after the other": drain,
    "PostgreSQL restarted": restart(POSTGRESQL),
    "RADOS Gateway restarted": restart(RGW),
    "`kill -9` of the OSD": kill(OSD, "ceph-osd"),
    "`kill -9` of both metastores": kill(METASTORE, "java", 2),
    "PostgreSQL away for 70 s": away(POSTGRESQL, 70),
}


def pods(api: Api, ref: ObjectRef) -> list[dict[str, Any]]:
    """The pods of a workload that are not about to end, the oldest first."""
    owner = api.get(ref)
    assert owner is not None, f"no {ref}"
    found = [pod for pod in workload_pods(api, owner) if "deletionTimestamp" not in pod["metadata"]]
    return sorted(found, key=lambda pod: str(pod["metadata"]["creationTimestamp"]))


def scraped(api: Api, metric: str) -> dict[str, float]:
    """The value of one metric, with its labels as Prometheus writes them, of each of the metastore's pods."""
    return {
        pod["metadata"]["name"]: float(value)
        for pod in pods(api, METASTORE)
        for name, _, value in (line.rpartition(" ") for line in exposed(pod))
        if name == metric
    }


def exposed(pod: dict[str, Any]) -> list[str]:
    """What a pod of the metastore or of Trino serves to Prometheus: ``NAME{LABELS} VALUE``, one metric a line."""
    address = f"http://{pod['status']['podIP']}:9404/metrics"
    with urllib.request.urlopen(address, timeout=10) as answer:
        text: str = answer.read().decode()
    return [line for line in text.splitlines() if not line.startswith("#")]


def well(api: Api, ref: ObjectRef) -> None:
    """Wait until the workload has all its pods, ready and of the newest version, and no other one."""
    _wait(lambda: _is_well(api, ref))


def _is_well(api: Api, ref: ObjectRef) -> bool:
    owner = api.get(ref)
    if (
        owner is None
        or owner["status"].get("observedGeneration") != owner["metadata"]["generation"]
    ):
        return False
    wanted, status = owner["spec"]["replicas"], owner["status"]
    counts = [status.get(f"{word}Replicas", 0) for word in ("updated", "ready", "available")]
    return counts == [wanted] * 3 and len(workload_pods(api, owner)) == wanted


def _restarts(api: Api) -> dict[str, int]:
    return {
        pod["metadata"]["uid"]: sum(
            each["restartCount"] for each in pod["status"]["containerStatuses"]
        )
        for pod in pods(api, METASTORE)
    }


def _evicted(api: Api, path: str, body: dict[str, Any]) -> bool:
    try:
        api.raw("POST", path, body=body)
    except ApiError as error:
        if error.status == 429:  # the disruption budget
            return False
        raise
    return True


def _process(pod: dict[str, Any], program: str) -> int:
    """The process of a pod that runs a program."""
    for pid in cgroup.processes():
        try:
            groups = Path(f"/proc/{pid}/cgroup").read_text()
            name = os.path.basename(os.readlink(f"/proc/{pid}/exe"))
        except OSError:
            continue
        if pod["metadata"]["uid"] in groups and name == program:
            return pid
    raise AssertionError(f"no {program} in pod {pod['metadata']['name']}")


def _wait(done: Callable[[], bool], within: float = WITHIN) -> None:
    deadline = time.monotonic() + within
    while not done():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not well within {within:.0f} s")
        time.sleep(0.2)
