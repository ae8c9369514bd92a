"""``lakestead lab status``: every part, whether it is up, and what it costs."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, cast

from rich.console import Console
from rich.table import Table

from lakestead.errors import LakesteadError
from lakestead.lab import cgroup, network, pods
from lakestead.lab.manifests import manifests
from lakestead.lab.process import resident_bytes
from lakestead.lab.programs import Profile, host_programs
from lakestead.lab.up import lab_api, lacks, recorded_profile

_LOOK = {"up": "green", "not ready": "yellow", "down": "red"}


@dataclass(frozen=True, slots=True)
class Row:
    """One part of the lab.

    :param memory: resident bytes of its processes.
    :param age: seconds since it was started; None if it does not run.
    """

    part: str
    kind: Literal["network", "program", "pods"]
    state: Literal["up", "not ready", "down"]
    detail: str
    memory: int
    age: float | None

    def as_json(self) -> dict[str, Any]:
        """As in the JSON output."""
        return asdict(self)


def status() -> list[Row]:
    """A row for each part of the profile that the lab was last brought up in."""
    profile = recorded_profile()
    if not profile:
        return []
    rows = [_network(), *_programs(cast(Profile, profile))]
    if profile == "full":
        rows += _pods()
    return rows


def print_table(rows: list[Row]) -> None:
    """The rows as a table."""
    if not rows:
        Console().print("There is no lab here yet: lakestead lab up")
        return
    table = Table(box=None, pad_edge=False)
    for title in ("part", "state", "memory", "age", ""):
        table.add_column(title, justify="right" if title in ("memory", "age") else "left")
    for row in rows:
        table.add_row(
            row.part,
            f"[{_LOOK[row.state]}]{row.state}",
            f"{row.memory / 2**20:.0f} MiB" if row.memory else "",
            "" if row.age is None else _age(row.age),
            row.detail,
        )
    total = sum(row.memory for row in rows)
    table.add_section()
    table.add_row("whole lab", "", f"{total / 2**20:.0f} MiB", "", "")
    Console().print(table)


def _network() -> Row:
    up = network.is_up()
    detail = ""
    if up:
        count = network.fence_count()
        detail = f"packets stopped at the fence: {count.forwarded + count.leaving}"
    return Row("network", "network", "up" if up else "down", detail, 0, None)


def _programs(profile: Profile) -> Iterator[Row]:
    for program in host_programs(profile):
        running = program.make().running()
        if running is None:
            yield Row(program.name, "program", "down", "not running", 0, None)
            continue
        lacking = lacks(program)
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - running.started / os.sysconf("SC_CLK_TCK")
        memory = resident_bytes(running.pid)
        yield Row(program.name, "program", "not ready" if lacking else "up", lacking, memory, age)


def _pods() -> Iterator[Row]:
    memory = _pod_memory()
    for manifest in manifests():
        if not manifest.workloads:
            continue
        try:
            lacking = pods.missing(lab_api(), manifest)
            uids = pods.uids(lab_api(), manifest)
        except LakesteadError as error:
            yield Row(manifest.name, "pods", "down", str(error).splitlines()[0], 0, None)
            continue
        used = sum(memory.get(uid, 0) for uid in uids)
        yield Row(manifest.name, "pods", "not ready" if lacking else "up", lacking, used, None)


def _pod_memory() -> dict[str, int]:
    """Resident bytes of each pod's processes, by the pod's uid."""
    found: dict[str, int] = {}
    for folder, _, _ in os.walk(cgroup.tracking() / cgroup.ROOT / "kubepods"):
        parts = [part for part in Path(folder).parts if part.startswith("pod")]
        if not parts:
            continue
        try:
            pids = (Path(folder) / "cgroup.procs").read_text().split()
        except OSError:
            continue
        uid = parts[-1].removeprefix("pod")
        found[uid] = found.get(uid, 0) + sum(resident_bytes(int(pid)) for pid in pids)
    return found


def _age(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.0f} h"
