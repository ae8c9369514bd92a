"""``@kubenodes/<context>``: an inventory from the cluster's nodes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pyinfra.api.exceptions import InventoryError

from lakestead.connectors.kubenodes import KubeNodesConnector
from tests.fake_api import FakeApi, forbidden


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeApi]:
    with FakeApi.running() as server:
        monkeypatch.setenv("KUBECONFIG", server.kubeconfig(tmp_path))
        server.lists["/api/v1/nodes"] = [
            node("control", "10.0.0.1", "Talos (v1.12.0)"),
            node("worker-1", "10.0.0.2", "Debian GNU/Linux 12", "worker", "ceph"),
            node("worker-2", "", "Fedora"),
        ]
        yield server


def test_a_host_a_node_but_for_those_without_ssh(fake: FakeApi) -> None:
    assert list(KubeNodesConnector.make_names_data("fake")) == [
        (
            "worker-1",
            {"ssh_hostname": "10.0.0.2"},
            ["@kubenodes", "@kubenodes-worker", "@kubenodes-ceph"],
        ),
        ("worker-2", {"ssh_hostname": "worker-2"}, ["@kubenodes"]),
    ]


def test_mistakes_are_one_message(fake: FakeApi) -> None:
    with pytest.raises(InventoryError, match="needs a context"):
        list(KubeNodesConnector.make_names_data(None))
    with pytest.raises(InventoryError, match="no context 'gone'"):
        list(KubeNodesConnector.make_names_data("gone"))
    fake.answers["/api/v1/nodes"] = lambda *_: forbidden("nodes")
    with pytest.raises(InventoryError, match="nodes is forbidden"):
        list(KubeNodesConnector.make_names_data("fake"))


def node(name: str, address: str, system: str, *roles: str) -> dict[str, Any]:
    addresses = [{"type": "InternalIP", "address": address}] if address else []
    return {
        "metadata": {
            "name": name,
            "labels": {f"node-role.kubernetes.io/{role}": "" for role in roles},
        },
        "status": {"addresses": addresses, "nodeInfo": {"osImage": system}},
    }
