"""A machine that cannot run the lab is refused in one message that names everything missing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lakestead.errors import LakesteadError
from lakestead.lab import cgroup, network, owner, preflight

Break = Callable[[pytest.MonkeyPatch], None]


def no_memory(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(preflight, "_available_memory", lambda: 3 * preflight.GIB)


def no_disk(patch: pytest.MonkeyPatch, free: int = preflight.GIB) -> None:
    usage = SimpleNamespace(free=free)
    patch.setattr(shutil, "disk_usage", lambda path: usage)


def no_nftables(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(preflight._PROBES, "nftables with NAT", "echo no such table >&2; exit 1")


def no_pids_controller(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(cgroup, "missing_controllers", lambda: ["pids"])


def address_in_use(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(network, "overlaps", lambda: ["10.233.0.0/16 via eth1"])


def another_lab(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(owner, "other_lab", lambda: Path("/srv/lab"))


def no_buildah(patch: pytest.MonkeyPatch) -> None:
    real = shutil.which
    patch.setattr(shutil, "which", lambda name: None if name == "buildah" else real(name))


def no_root(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(os, "geteuid", lambda: 1000)


def port_taken(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(preflight, "listeners", lambda: {2379: "etcd (pid 17)"})


CASES: dict[str, tuple[Break, list[str]]] = {
    "memory": (no_memory, ["memory: 3.0 GiB available, 10 GiB needed", "end other programs"]),
    "disk": (no_disk, ["disk: 1.0 GiB free at", "32 GiB needed", "LAKESTEAD_CACHE_DIR"]),
    "kernel": (no_nftables, ["the kernel has no nftables with NAT: no such table"]),
    "cgroups": (no_pids_controller, ["no cgroup controller pids"]),
    "addresses": (address_in_use, ["are in use here: 10.233.0.0/16 via eth1"]),
    "second lab": (another_lab, ["another lab is up, in /srv/lab", "lakestead lab down"]),
    "program": (no_buildah, ["programs not found: buildah", "apt-get install buildah"]),
    "user": (no_root, ["you are user 1000, not root", "sudo"]),
    "port": (port_taken, ["port 2379, for etcd, is taken by etcd (pid 17)"]),
}


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """A machine that has everything, whatever this one has."""
    fine: dict[tuple[Any, str], Any] = {
        (os, "geteuid"): lambda: 0,
        (preflight, "_CAPABILITIES"): {},
        (preflight, "_PROBES"): {"nftables with NAT": "true"},
        (preflight, "_available_memory"): lambda: 64 * preflight.GIB,
        (preflight, "listeners"): dict,
        (cgroup, "missing_controllers"): list,
        (network, "overlaps"): list,
        (owner, "other_lab"): lambda: None,
    }
    for (module, name), value in fine.items():
        monkeypatch.setattr(module, name, value)
    no_disk(monkeypatch, free=100 * preflight.GIB)
    monkeypatch.setenv("LAKESTEAD_LAB_DIR", str(tmp_path / "lab"))
    monkeypatch.setenv("LAKESTEAD_CACHE_DIR", str(tmp_path / "cache"))
    return monkeypatch


@pytest.mark.parametrize(("break_it", "says"), CASES.values(), ids=CASES.keys())
def test_what_is_missing_is_named_before_anything_is_changed(
    machine: pytest.MonkeyPatch, tmp_path: Path, break_it: Break, says: list[str]
) -> None:
    break_it(machine)
    with pytest.raises(LakesteadError) as refused:
        preflight.check("full", running=False)
    for text in says:
        assert text in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_a_machine_that_has_everything_is_taken(machine: pytest.MonkeyPatch) -> None:
    preflight.check("full", running=False)


def test_a_lab_with_builds_and_data_comes_back_with_little_disk(
    machine: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What was built and written takes up the very room that was asked for at first."""
    no_disk(machine, free=4 * preflight.GIB)
    with pytest.raises(LakesteadError, match=r"4.0 GiB free at .*, 32 GiB needed"):
        preflight.check("full", running=False)
    machine.setattr(preflight, "_built", lambda *_: [True] * 30)
    with pytest.raises(LakesteadError, match=r"4.0 GiB free at .*, 7 GiB needed"):
        preflight.check("full", running=False)
    machine.setattr(preflight, "_built", lambda *_: [False] + [True] * 29)
    with pytest.raises(LakesteadError, match=r"4.0 GiB free at .*, 11 GiB needed"):
        preflight.check("full", running=False)
    machine.setattr(preflight, "_built", lambda *_: [True] * 30)
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab" / "state.json").touch()
    preflight.check("full", running=False)
    no_disk(machine, free=0)
    with pytest.raises(LakesteadError, match=r"0.0 GiB free at .*, 1 GiB needed"):
        preflight.check("full", running=False)


def test_what_the_lab_itself_uses_is_not_missed(machine: pytest.MonkeyPatch) -> None:
    no_memory(machine)
    port_taken(machine)
    preflight.check("full", running=True)
