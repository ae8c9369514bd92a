"""The host that stands for the cluster, without a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakestead.errors import WrongUsage
from lakestead.plan.document import Target
from lakestead.run.deploy import Hosts
from lakestead.settings import Settings

if TYPE_CHECKING:
    from pyinfra.api.host import Host


def main(inventory: str, data: dict[str, str]) -> tuple[Host, Settings]:
    """A host of group ``cluster`` and the settings that it has; nothing is connected to."""
    deploy = Hosts(Target(deploy="", inventory=inventory, data=data))
    deploy.load()
    for host in deploy.state.inventory:
        if "cluster" in host.groups:
            return host, Settings.of(host)
    raise WrongUsage("The inventory has no group cluster", where=inventory)
