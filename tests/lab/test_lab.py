"""The lab comes up once, heals, leaves nothing behind, and refuses where it cannot run."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from lakestead.kube.client import Api, ObjectRef
from lakestead.lab import cgroup, down, network, process
from lakestead.lab.paths import run_dir
from tests.lab.conftest import Lab, run

KEPT = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "kept", "namespace": "default"},
    "data": {"from": "before"},
}
CRASHES = {
    "etcd": ["etcd"],
    "api-server-and-etcd": ["kube-apiserver", "etcd"],
    "node": ["containerd", "kubelet", "kube-proxy"],
    "postgresql-and-ceph": ["postgres", "ceph-osd", "radosgw"],
    "everything": [],
}


def members(names: list[str]) -> list[int]:
    """Processes of the lab with these executables; all of them for no name."""
    return [pid for pid in cgroup.processes() if not names or executable(pid) in names]


def lasting(seconds: float) -> set[tuple[int, int]]:
    """Processes of the lab that run for so long, which a probe's command does not; with their start."""
    ticks = os.sysconf("SC_CLK_TCK")
    latest = (time.clock_gettime(time.CLOCK_BOOTTIME) - seconds) * ticks
    started = {(pid, process.start_time(pid)) for pid in members([])}
    return {(pid, start) for pid, start in started if start is not None and start <= latest}


def kill(names: list[str]) -> None:
    """End them as a crash does; some go with their parent before their turn comes."""
    killed = members(names)
    assert killed
    for pid in killed:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def executable(pid: int) -> str:
    """Name of a process's program, "" where it is gone."""
    try:
        return os.path.basename(os.readlink(f"/proc/{pid}/exe"))
    except OSError:
        return ""


def machine() -> dict[str, Any]:
    """What the lab could leave behind: devices, rules, mounts, groups, settings."""
    links = subprocess.run(["ip", "-json", "link"], capture_output=True, text=True, check=True)
    rules = subprocess.run(["nft", "list", "tables"], capture_output=True, text=True, check=True)
    routes = subprocess.run(["ip", "route"], capture_output=True, text=True, check=True)
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    groups = [g for h in cgroup.hierarchies() for g in h.glob("lakestead*")]
    return {
        "links": sorted(link["ifname"] for link in json.loads(links.stdout)),
        "nft tables": rules.stdout,
        "routes": routes.stdout,
        "mounts": [line for line in mounts if "lakestead" in line],
        "groups": groups,
        "processes": cgroup.processes(),
    }


def test_up_again_touches_nothing(lab: Lab) -> None:
    before = lasting(30)
    assert {executable(pid) for pid, _ in before} >= {"etcd", "kubelet", "radosgw"}
    done = lab.lakestead("lab", "up")
    assert "nothing was touched" in done.stdout
    assert lasting(0) >= before


def test_status_says_that_every_part_is_up(lab: Lab) -> None:
    done = lab.lakestead("lab", "status", "--json")
    rows = json.loads(done.stdout)
    assert [row["part"] for row in rows if row["state"] != "up"] == []
    assert {"kube-apiserver", "kubelet", "storage", "postgresql"} <= {r["part"] for r in rows}
    assert done.returncode == 0


@pytest.mark.parametrize("names", CRASHES.values(), ids=CRASHES.keys())
def test_heals_after_a_crash_and_keeps_the_data(lab: Lab, names: list[str]) -> None:
    lab.api().apply(KEPT, force=True)
    kill(names)
    done = lab.lakestead("lab", "up")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    kept = lab.api().get(ObjectRef("v1", "ConfigMap", "kept", "default"))
    assert kept is not None
    assert kept["data"] == KEPT["data"]
    assert lab.lakestead("lab", "status").returncode == 0


def test_a_lab_that_died_gives_way_and_comes_back(lab: Lab, tmp_path: Path) -> None:
    """Its pods' network namespaces would go on answering for the addresses of the next lab's."""
    kill([])
    other = ["env", f"LAKESTEAD_LAB_DIR={tmp_path}/other", "lakestead", "lab"]
    try:
        done = run(*other, "up", "api", timeout=120)
        left = machine()
    finally:
        gone = run(*other, "destroy", "--yes", timeout=60)
    assert done.returncode == gone.returncode == 0, done.stdout[-3000:] + done.stderr + gone.stderr
    assert [link for link in left["links"] if link.startswith("veth")] == []
    assert left["mounts"] == []
    assert lab.lakestead("lab", "up").returncode == 0
    assert lab.lakestead("lab", "status").returncode == 0


def test_comes_up_after_a_reboot(lab: Lab) -> None:
    lab.api().apply(KEPT, force=True)
    kill([])
    down.clear()
    shutil.rmtree(run_dir())
    done = lab.lakestead("lab", "up")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    assert lab.api().get(ObjectRef("v1", "ConfigMap", "kept", "default")) is not None
    assert lab.lakestead("lab", "status").returncode == 0


def test_no_packet_left_the_machine(lab: Lab) -> None:
    count = network.fence_count()
    assert count.leaving == 0


def test_a_second_lab_is_refused(lab: Lab, tmp_path: Path) -> None:
    done = run(
        "env", f"LAKESTEAD_LAB_DIR={tmp_path}/other", "lakestead", "lab", "up", "api", timeout=60
    )
    assert done.returncode == 1
    assert f"another lab is up, in {lab.folder}" in done.stderr
    assert not (tmp_path / "other").exists()


class TestDown:
    """The lab is down for these, and comes up again after them with its data."""

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def _down(cls, lab: Lab) -> Iterator[None]:
        lab.api().apply(KEPT, force=True)
        assert lab.lakestead("lab", "down").returncode == 0
        yield
        done = lab.lakestead("lab", "up")
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr
        kept = lab.api().get(ObjectRef("v1", "ConfigMap", "kept", "default"))
        assert kept is not None

    def test_nothing_is_left_behind(self) -> None:
        assert down.leftovers() == []
        left = machine()
        assert left["groups"] == left["mounts"] == left["processes"] == []
        assert network.BRIDGE not in str(left["links"]) + str(left["routes"])
        assert "lakestead" not in str(left["nft tables"])
        assert "kube" not in str(left["nft tables"])

    def test_a_run_is_refused_and_asks_no_other_machine(self, lab: Lab) -> None:
        done = lab.pyinfra("deploys/phase1.py", "--dry")
        assert done.returncode == 1
        assert "The lab is not up" in done.stderr
        assert "do:       lakestead lab up" in done.stderr

    def test_a_taken_port_is_named_with_its_holder(self, lab: Lab) -> None:
        with socket.create_server(("0.0.0.0", 6443)):
            done = lab.lakestead("lab", "up")
        assert done.returncode == 1
        assert f"port 6443, for kube-apiserver, is taken by python3.11 (pid {os.getpid()})" in (
            done.stderr.replace("pytest", "python3.11")
        )
        assert down.leftovers() == []

    @pytest.mark.parametrize(
        ("prefix", "says"),
        [
            (["setpriv", "--reuid=65534", "--clear-groups"], "you are user 65534, not root"),
            (
                ["setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin"],
                "missing capabilities: CAP_NET_ADMIN",
            ),
        ],
        ids=["user", "capability"],
    )
    def test_a_machine_that_cannot_run_it_is_refused(self, prefix: list[str], says: str) -> None:
        done = run(*prefix, "lakestead", "lab", "up", "api", timeout=60)
        assert done.returncode == 1
        assert says in done.stderr
        assert down.leftovers() == []


def test_api_is_reached_with_the_kubeconfig_alone(lab: Lab) -> None:
    api = Api.from_kubeconfig(str(lab.folder / "kubeconfig"), None)
    assert [node["metadata"]["name"] for node in api.list("v1", "Node")] == [network.NODE_NAME]
