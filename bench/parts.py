"""When each part of the lab was ready, and the memory that it uses now: ``python -m bench.parts``.

Read from what Kubernetes and the kernel know already: nothing is run or changed. Times count from the moment
when the cluster was made, a few seconds after ``lakestead lab up`` began with all images in the cache; a lab
that was taken down in between has none.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from lakestead.kube.client import Api, ObjectRef
from lakestead.lab import cgroup
from lakestead.lab.status import status
from lakestead.lab.up import lab_api
from lakestead.spark.application import API_VERSION, KIND

MIB = 2**20
_RESTARTED = 120
"""Seconds after the cluster was made from which on a start of the API server is another one."""


@dataclass(slots=True)
class Part:
    """Pods of one workload.

    + ready: when the last of them was ready; None where one is not, or has ended
    + memory: their working set, bytes
    """

    pods: int = 0
    ready: datetime | None = None
    memory: int = 0


def main() -> None:
    """Print the table."""
    api = lab_api()
    made = _time(_get(api, ObjectRef("v1", "Namespace", "kube-system"))["metadata"])
    programs = [row for row in status() if row.kind == "program"]
    age = next(row.age or 0 for row in programs if row.part == "kube-apiserver")
    whole = datetime.now(made.tzinfo).timestamp() - age - made.timestamp() < _RESTARTED
    memory = dict(working_sets())
    parts: dict[str, Part] = {}
    for pod in api.list("v1", "Pod"):
        if pod["status"].get("phase") in ("Succeeded", "Failed"):
            continue
        part = parts.setdefault(workload(pod), Part())
        part.pods += 1
        part.memory += memory.get(pod["metadata"]["uid"], 0)
        since = _ready(pod)
        part.ready = max(filter(None, (part.ready, since)), default=None)
    table = Table(box=None, pad_edge=False)
    for title in ("part", "pods", "ready after", "working set"):
        table.add_column(title, justify="left" if title == "part" else "right")
    for name, part in sorted(parts.items(), key=lambda item: str(item[1].ready)):
        after = f"{_seconds(made, part.ready):.0f} s" if part.ready and whole else ""
        table.add_row(name, str(part.pods), after, f"{part.memory / MIB:.0f} MiB")
    resident = sum(row.memory for row in programs)
    table.add_row("host programs (resident)", str(len(programs)), "", f"{resident / MIB:.0f} MiB")
    table.add_section()
    everything = resident + sum(part.memory for part in parts.values())
    table.add_row("all of it", "", "", f"{everything / MIB:.0f} MiB")
    table.add_row("in use on this machine", "", "", f"{_in_use() / MIB:.0f} MiB")
    console = Console()
    console.print(table)
    last = max((part.ready for part in parts.values() if part.ready), default=None)
    if whole and last is not None:
        jobs = sum(_seconds(begun, min(ended, last)) for begun, ended in _jobs(api) if begun < last)
        console.print(
            f"All pods were ready {_seconds(made, last):.0f} s after the cluster was made;"
            f" Spark's jobs took {jobs:.0f} s of that.",
            soft_wrap=True,
        )


def workload(pod: Mapping[str, Any]) -> str:
    """What a pod belongs to, ``namespace/name``."""
    metadata = pod["metadata"]
    owner = next(iter(metadata.get("ownerReferences") or []), None)
    name = (
        metadata["name"] if owner is None or owner["kind"] == "SparkApplication" else owner["name"]
    )
    if owner is not None and owner["kind"] == "ReplicaSet":
        name = name.rpartition("-")[0]
    return f"{metadata['namespace']}/{name}"


def working_sets() -> Iterator[tuple[str, int]]:
    """Of each pod, by its uid: memory in use but for files that could be let go, as a kubelet counts it."""
    first = cgroup.is_v1()
    root = Path("/sys/fs/cgroup/memory" if first else "/sys/fs/cgroup") / cgroup.ROOT / "kubepods"
    used, inactive = (
        ("memory.usage_in_bytes", "total_inactive_file")
        if first
        else ("memory.current", "inactive_file")
    )
    for folder, _, _ in os.walk(root):
        if not Path(folder).name.startswith("pod"):
            continue
        try:
            total = int((Path(folder) / used).read_text())
            lines = (Path(folder) / "memory.stat").read_text().splitlines()
        except OSError:
            continue  # the pod has ended meanwhile
        counted = dict(line.split() for line in lines)
        yield Path(folder).name.removeprefix("pod"), max(0, total - int(counted[inactive]))


def _jobs(api: Api) -> Iterator[tuple[datetime, datetime]]:
    """From when to when each Spark job ran that has ended."""
    if api.served(API_VERSION, KIND) is None:
        return
    for job in api.list(API_VERSION, KIND):
        ended = (job.get("status") or {}).get("terminationTime")
        if ended:
            yield _time(job["metadata"]), datetime.fromisoformat(ended)


def _ready(pod: Mapping[str, Any]) -> datetime | None:
    for condition in pod["status"].get("conditions") or []:
        if condition["type"] == "Ready" and condition["status"] == "True":
            return datetime.fromisoformat(condition["lastTransitionTime"])
    return None


def _time(metadata: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(metadata["creationTimestamp"])


def _get(api: Api, ref: ObjectRef) -> dict[str, Any]:
    found = api.get(ref)
    assert found is not None
    return found


def _seconds(begun: datetime, ended: datetime) -> float:
    return (ended - begun).total_seconds()


def _in_use() -> int:
    lines = Path("/proc/meminfo").read_text().splitlines()
    known = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines}
    return known["MemTotal"] - known["MemAvailable"]


if __name__ == "__main__":
    main()
