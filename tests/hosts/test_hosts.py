"""Facts over real SSH: one host that hangs or fails stops no other, and is told of."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lakestead.plan.review import HostFacts
from tests.fake_api import FakeApi
from tests.ssh_hosts import SshHosts

LAKESTEAD = str(Path(sys.executable).with_name("lakestead"))
PYINFRA = str(Path(sys.executable).with_name("pyinfra"))
PROJECT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def hosts() -> Iterator[SshHosts]:
    with SshHosts.running(3, mute=1, closed=1, foreign=1, stuck=1) as found:
        yield found


def test_a_review_of_hosts_of_all_kinds(hosts: SshHosts, tmp_path: Path) -> None:
    with FakeApi.running() as fake:
        addresses = [*hosts.good[:2], *hosts.mute]
        fake.lists["/api/v1/nodes"] = [_node(f"n{n}", ip) for n, ip in enumerate(addresses)]
        fake.lists["/api/v1/nodes"].append(_node("talos", "10.9.9.9"))
        (tmp_path / "group_data").mkdir()
        settings = (PROJECT / "group_data/anton.py").read_text().splitlines(keepends=True)
        kube = {"kubeconfig": fake.kubeconfig(tmp_path), "context": "fake"}
        settings = [f"kube = {kube}\n" if line.startswith("kube = ") else line for line in settings]
        (tmp_path / "group_data/inventory.py").write_text("".join(settings))
        (tmp_path / "inventory.py").write_text(hosts.inventory("@kube/fake"))
        began = time.monotonic()
        done = subprocess.run(
            [LAKESTEAD, "capacity", "-i", "inventory.py", "--phase", "1", "--json"],
            cwd=tmp_path, capture_output=True, text=True, timeout=120,
            env={**os.environ, "LAKESTEAD_HOST_WITHIN": "4"},
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - began < 60
    document = json.loads(done.stdout)
    found = {node["name"]: node["host"] for node in document["nodes"]}
    assert found["talos"] is None
    assert HostFacts.model_validate(found["n0"]).cores == os.cpu_count()
    assert found["n2"]["error"]
    assert abs(found["n1"]["drift"]) <= found["n1"]["drift_error"] + 0.5
    strangers = " ".join(document["strangers"])
    for address in (hosts.good[2], *hosts.closed, *hosts.foreign, *hosts.stuck):
        assert f"host {address} is no node of the cluster" in strangers
    assert "node talos is no host of the inventory" in strangers
    for address, words in (
        (hosts.closed[0], "Could not connect"),
        (hosts.foreign[0], "Authentication error"),
        (hosts.stuck[0], "no answer within 4 s"),
    ):
        assert any(address in line and words in line for line in document["strangers"]), document[
            "strangers"
        ]


def test_plain_pyinfra(hosts: SshHosts, tmp_path: Path) -> None:
    (tmp_path / "inventory.py").write_text(
        f"nodes = {[(a, hosts.data(a)) for a in hosts.good]!r}\n"
    )
    done = subprocess.run(
        [PYINFRA, "inventory.py", "fact", "lakestead.facts.host.Machine", "--json"],
        cwd=tmp_path, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    [found] = json.loads(done.stdout).values()
    assert {host["kernel"] for host in found.values()} == {os.uname().release}
    assert set(found) == set(hosts.good)


def _node(name: str, address: str) -> dict[str, object]:
    return {
        "metadata": {"name": name},
        "status": {
            "allocatable": {"cpu": "8", "memory": "64Gi"},
            "conditions": [{"type": "Ready", "status": "True"}],
            "addresses": [{"type": "InternalIP", "address": address}],
        },
    }
