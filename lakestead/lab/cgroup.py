"""The control groups that hold everything the lab runs, so that nothing of it is ever lost sight of.

Host programs live in ``/lakestead/host``, pods below ``/lakestead/kubepods`` (the kubelet's
``cgroupRoot``). A process cannot leave its group by forking, whatever its parent was; so the
members of the groups are the lab, even where every pid file is gone.
"""

from __future__ import annotations

import os
from pathlib import Path

ROOT = "lakestead"
HOST = f"{ROOT}/host"

_MOUNT = Path("/sys/fs/cgroup")
_V1_ONLY_NAMED = {"systemd"}


def hierarchies() -> list[Path]:
    """Mount points of the cgroup hierarchies: one in version 2, one a controller in version 1."""
    if (_MOUNT / "cgroup.controllers").exists():
        return [_MOUNT]
    return [
        folder
        for folder in sorted(_MOUNT.iterdir())
        if folder.is_dir() and not folder.is_symlink() and (folder / "cgroup.procs").exists()
    ]


def missing_controllers() -> list[str]:
    """Controllers that the kubelet needs and this kernel does not offer."""
    wanted = {"cpu", "cpuset", "memory", "pids"}
    unified = _MOUNT / "cgroup.controllers"
    if unified.exists():
        there = set(unified.read_text().split())
    else:
        there = {name for folder in hierarchies() for name in folder.name.split(",")}
    return sorted(wanted - there)


def is_v1() -> bool:
    """Whether this machine has cgroup version 1."""
    return not (_MOUNT / "cgroup.controllers").exists()


def tracking() -> Path:
    """The hierarchy by which the lab's processes are counted."""
    return _MOUNT / "pids" if is_v1() else _MOUNT


def create() -> None:
    """Make the lab's groups in every hierarchy."""
    for hierarchy in hierarchies():
        folder = hierarchy / HOST
        folder.mkdir(parents=True, exist_ok=True)
        if hierarchy.name == "cpuset":  # a new cpuset is empty and takes no process
            for group in (hierarchy / ROOT, folder):
                for name in ("cpuset.cpus", "cpuset.mems"):
                    if not (group / name).read_text().strip():
                        (group / name).write_text((group.parent / name).read_text())


def enter_host() -> None:
    """Move this process into the group of host programs (for use between fork and exec)."""
    (tracking() / HOST / "cgroup.procs").write_text(str(os.getpid()))


def processes(group: str = ROOT) -> list[int]:
    """Ids of the processes in a group and the groups below it, deepest group first."""
    root = tracking() / group
    found = []
    for folder, _, _ in os.walk(root, topdown=False):
        try:
            found += [int(pid) for pid in (Path(folder) / "cgroup.procs").read_text().split()]
        except OSError:
            continue  # the group went away while we looked
    return found


def remove() -> list[str]:
    """Remove the lab's groups; returns those that are still busy."""
    busy = []
    for hierarchy in hierarchies():
        for folder, _, _ in os.walk(hierarchy / ROOT, topdown=False):
            try:
                os.rmdir(folder)
            except FileNotFoundError:
                pass
            except OSError:
                busy.append(folder)
    return busy
