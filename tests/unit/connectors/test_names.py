"""How inventories name clusters and pods."""

from __future__ import annotations

import pytest
from pyinfra.api.exceptions import InventoryError

from lakestead.connectors.kube import KubeConnector
from lakestead.connectors.kubepod import KubePodConnector


def test_a_pod_with_a_container() -> None:
    [(name, data, groups)] = KubePodConnector.make_names_data("databases/statefulset/pg:postgres")
    assert name == "@kubepod/databases/statefulset/pg:postgres"
    assert groups == ["@kubepod"]
    assert data == {
        "kubepod_namespace": "databases",
        "kubepod_workload": "statefulset/pg",
        "kubepod_container": "postgres",
    }


@pytest.mark.parametrize("name", ["", "storage", "storage/rook-ceph-tools", "a//b", "a/b/c/d"])
def test_what_names_no_pod(name: str) -> None:
    with pytest.raises(InventoryError, match="@kubepod/<namespace>/"):
        list(KubePodConnector.make_names_data(name))


def test_a_cluster_needs_a_context() -> None:
    with pytest.raises(InventoryError, match="@kube/<context>"):
        list(KubeConnector.make_names_data(None))
