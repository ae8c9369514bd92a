"""What the commands on objectives begin with: the settings of an inventory, the catalogue, goals.json.

Nothing is connected to; only the homelab repo is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lakestead.errors import WrongUsage
from lakestead.gitops.session import homelab
from lakestead.objectives import catalogue as declared
from lakestead.objectives.tracking import GitTracking
from lakestead.plan.document import Target
from lakestead.run.deploy import Deploy
from lakestead.settings import Settings

if TYPE_CHECKING:
    from pyinfra.api.host import Host

ROOT = Path(__file__).resolve().parents[2]
NO_DEPLOY = Path(__file__).with_name("no_deploy.py")
"""For runs that only connect."""


@dataclass(frozen=True, slots=True)
class Project:
    """+ host: the one that stands for the cluster; its settings are those of the objectives
    + target: inventory and data; its deploy is none
    """

    host: Host
    settings: Settings
    catalogue: declared.Catalogue
    tracking: GitTracking
    target: Target

    def command(self, words: str) -> str:
        """A command line of Lakestead's for the same inventory, to be pasted."""
        from shlex import quote

        data = "".join(f" --data {quote(f'{k}={v}')}" for k, v in self.target.data.items())
        return f"lakestead {words} -i {quote(self.target.inventory)}{data}"


def open_project(inventory: str, data: dict[str, str], folder: str) -> Project:
    """The project of an inventory.

    + folder: of the objectives' files
    """
    target = Target(deploy=str(NO_DEPLOY), inventory=inventory, data=data)
    deploy = Deploy(target)
    deploy.load()
    hosts = list(deploy.state.inventory)
    host = main_host(hosts)
    settings = Settings.of(host)
    catalogue = declared.load(objectives_folder(folder))
    return Project(host, settings, catalogue, GitTracking(homelab(host), catalogue), target)


def main_host(hosts: list[Host]) -> Host:
    """The one of group ``cluster``."""
    for host in hosts:
        if "cluster" in host.groups:
            return host
    raise WrongUsage(
        "The inventory has no host that stands for the cluster",
        found="groups " + ", ".join(sorted({group for host in hosts for group in host.groups})),
        expected='a group cluster: cluster = ["@kube/CONTEXT"]',
    )


def objectives_folder(folder: str) -> Path:
    """``objectives`` in the folder one is in, else Lakestead's own."""
    if folder:
        return Path(folder)
    here = Path("objectives")
    return here if here.is_dir() else ROOT / "objectives"
