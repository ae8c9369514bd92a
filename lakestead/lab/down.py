"""``lakestead lab down`` and ``destroy``: leave nothing behind but the data, or not even that."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from lakestead.errors import LakesteadError
from lakestead.lab import cgroup, network, owner
from lakestead.lab.paths import lab_dir, run_dir
from lakestead.lab.process import end

Say = Callable[[str], None]

_PODS_PATIENCE = 10  # seconds that pods get to end by themselves


def down(say: Say) -> None:
    """End every process of the lab and remove its mounts, devices, nft tables, routes and groups.

    Works from what the kernel knows (control groups, mount table), not from what the lab has
    recorded; so it also clears up after a crash.

    :raises LakesteadError: naming what could not be removed.
    """
    with owner.alone("down"):
        _take_down(say)


def destroy(say: Say) -> None:
    """Take the lab down and delete its folder: cluster, buckets, databases, passwords."""
    with owner.alone("destroy"):
        _take_down(say)
        say(f"deletes {lab_dir()}")
        shutil.rmtree(lab_dir())


def leftovers() -> list[str]:
    """What of the lab is on this machine now; empty after :func:`down`."""
    found = [f"process {pid}" for pid in cgroup.processes()]
    found += [f"mount {mount}" for mount in _mounts()]
    found += network.leftovers()
    for hierarchy in cgroup.hierarchies():
        if (hierarchy / cgroup.ROOT).exists():
            found.append(f"cgroup {hierarchy / cgroup.ROOT}")
    return found


def _take_down(say: Say) -> None:
    if other := owner.other_lab():
        raise LakesteadError(
            "the lab that is up is another one; it was left alone",
            found=str(other),
            expected=str(lab_dir()),
            do=f"LAKESTEAD_LAB_DIR={other} lakestead lab down",
        )
    say("stops the kubelet")
    _end_host_program("kubelet")
    say("stops the pods")
    end(cgroup.processes(f"{cgroup.ROOT}/kubepods"), _PODS_PATIENCE)
    say("stops the host programs")
    for name in ("kube-proxy", "kube-scheduler", "kube-controller-manager", "kube-apiserver"):
        _end_host_program(name)
    end(cgroup.processes(), 10)
    say("removes mounts, network and control groups")
    clear()


def clear() -> None:
    """Remove what a lab without processes has left on the machine: this one, or another that died.

    What stays of pods that were killed is worse than untidy: their network namespaces go on
    answering for addresses that new pods get too.

    :raises LakesteadError: naming what could not be removed.
    """
    for mount in reversed(_mounts()):
        subprocess.run(["umount", "--lazy", mount], capture_output=True)
    network.down()
    cgroup.remove()
    for folder in _folders():
        shutil.rmtree(folder / "processes", ignore_errors=True)
    shutil.rmtree(run_dir() / "cni", ignore_errors=True)
    shutil.rmtree(run_dir() / "containerd", ignore_errors=True)
    _remove_links()
    if left := leftovers():
        raise LakesteadError(
            "the lab is not wholly down",
            found="\n".join(left),
            do="run `lakestead lab down` again; a process in state D ends when its I/O does",
        )
    owner.release()


def _folders() -> list[Path]:
    """Folder of this lab, and of the one that was up last."""
    return list(dict.fromkeys(folder for folder in (lab_dir(), owner.recorded()) if folder))


def _end_host_program(name: str) -> None:
    """End a host program, known by its executable's name among the lab's processes."""
    pids = [pid for pid in cgroup.processes(cgroup.HOST) if _executable(pid) == name]
    end(pids, 10)


def _executable(pid: int) -> str:
    try:
        return os.path.basename(os.readlink(f"/proc/{pid}/exe"))
    except OSError:
        return ""


def _mounts() -> list[str]:
    """Mount points below the labs' folders, in the order in which they were mounted."""
    ours = tuple(f"{folder}/" for folder in (*_folders(), run_dir()))
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    points = [line.split()[4].encode().decode("unicode_escape") for line in lines]
    return [point for point in points if point.startswith(ours)]


def _remove_links() -> None:
    """Remove what kubelet and CNI leave outside of the folders that they were given."""
    containers = Path("/var/log/containers")
    for link in containers.glob("*.log") if containers.is_dir() else []:
        if str(link.readlink()).startswith(tuple(f"{folder}/" for folder in _folders())):
            link.unlink()
    for result in Path("/var/lib/cni/results").glob("lakestead-*"):
        result.unlink()
    plugins = Path("/var/lib/kubelet/device-plugins")  # the kubelet's path for it is fixed
    if plugins.is_dir() and all(file.is_socket() or file.is_file() for file in plugins.iterdir()):
        shutil.rmtree(plugins)
