"""``@kubenodes/<context>``: the nodes of a cluster as SSH hosts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pyinfra import logger
from pyinfra.api.exceptions import InventoryError
from pyinfra.connectors.base import BaseConnector
from typing_extensions import override

from lakestead.errors import LakesteadError
from lakestead.kube.client import Api
from lakestead.kube.paging import complete, pages

WITHOUT_SSH = ("Talos",)
"""Beginnings of the names of operating systems that have no SSH."""

ROLE = "node-role.kubernetes.io/"


class KubeNodesConnector(BaseConnector):
    """One SSH host a node, by its address in the cluster: for inventories only.

    The kubeconfig is $KUBECONFIG or ~/.kube/config; the context is one of it. A host has the node's
    name and is in the groups ``@kubenodes`` and ``@kubenodes-<role>`` (``control-plane``, …). Nodes
    that have no SSH, as Talos', are left out: what is to be known of them comes from the API.

    .. code:: python

        nodes = ["@kubenodes/anton"]
    """

    handles_execution = False

    @override
    @staticmethod
    def make_names_data(name: str | None = None) -> Iterator[tuple[str, dict[str, Any], list[str]]]:
        if not name:
            raise InventoryError("@kubenodes needs a context: @kubenodes/<context>")
        try:
            api = Api.from_kubeconfig(None, name)
            found = complete(
                lambda: [node for page in pages(api, "/api/v1/nodes") for node in page]
            )
        except LakesteadError as error:
            raise InventoryError(str(error)) from error
        left_out = 0
        for node in found:
            info = (node.get("status") or {}).get("nodeInfo") or {}
            if str(info.get("osImage") or "").startswith(WITHOUT_SSH):
                left_out += 1
                continue
            metadata = node["metadata"]
            roles = [
                label.removeprefix(ROLE)
                for label in metadata.get("labels") or {}
                if label.startswith(ROLE)
            ]
            groups = ["@kubenodes", *(f"@kubenodes-{role}" for role in roles)]
            yield metadata["name"], {"ssh_hostname": address(node)}, groups
        if left_out:
            logger.info(f"@kubenodes/{name}: {left_out} nodes have no SSH and are left out")


def address(node: dict[str, Any]) -> str:
    """Where a node is reached: its internal address, else its name."""
    known = {item["type"]: item["address"] for item in node["status"].get("addresses") or ()}
    return str(known.get("InternalIP") or known.get("Hostname") or node["metadata"]["name"])
