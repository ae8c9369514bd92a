"""A review of the cluster of an inventory, with its hosts and what is planned."""

from __future__ import annotations

from collections.abc import Sequence

from pyinfra.api import Host
from pyinfra.connectors.ssh import SSHConnector

from lakestead.capacity.cluster import review
from lakestead.capacity.hosts import host_facts, joined
from lakestead.errors import WrongUsage
from lakestead.facts.cluster import read
from lakestead.facts.planned import planned_pods
from lakestead.kube.session import api
from lakestead.objectives.catalogue import load
from lakestead.objectives.project import objectives_folder
from lakestead.plan.capacity import Node
from lakestead.plan.document import Target
from lakestead.plan.review import HostFacts, Review
from lakestead.plan.rules import WantedPod
from lakestead.run.deploy import Hosts
from lakestead.settings import Settings


def review_inventory(
    inventory: str,
    data: Sequence[str],
    phase: int | None,
    objective: str | None,
    line: int,
    *,
    kubelets: bool | None,
    ssh: bool,
) -> Review:
    """Everything of one inventory.

    + data: ``KEY=VALUE``, as pyinfra's
    + phase: plan up to this one; None with no objective is all that allocations name
    + ssh: ask the hosts of group ``nodes``
    """
    pairs = dict(item.partition("=")[::2] for item in data)
    with Hosts(Target(deploy="", inventory=inventory, data=pairs)) as run:
        groups = run.state.inventory.groups
        if not groups.get("cluster"):
            raise WrongUsage(
                "The inventory has no cluster",
                where=inventory,
                found="groups " + ", ".join(sorted(groups)),
                expected='a group cluster: cluster = ["@kube/<context>"]',
            )
        host = groups["cluster"][0]
        settings = Settings.of(host)
        cluster = api(host)
        machines = [item for item in groups.get("nodes", ()) if ssh and _by_ssh(item)]
        found: list[HostFacts] = host_facts(run.state, machines) if machines else []
        reading = read(cluster, kubelets=kubelets)
        addresses = {item.name: str(item.data.get("ssh_hostname") or "") for item in machines}
        hosts, strangers = joined(reading.nodes, found, addresses)
        return review(
            cluster,
            reading,
            line,
            _phases(settings, reading.nodes, phase, objective),
            hosts,
            strangers,
        )


def _phases(
    settings: Settings, nodes: Sequence[Node], phase: int | None, objective: str | None
) -> dict[int, list[WantedPod]]:
    if objective:
        declared = load(objectives_folder("")).find(objective)
        number = int(declared.phase)
        return {number: planned_pods(settings, number, nodes, declared.components)}
    numbers = sorted({settings.phase_of(name) for name in settings.allocations})
    if phase:
        numbers = [number for number in numbers if number <= phase]
    return {number: planned_pods(settings, number, nodes) for number in numbers}


def _by_ssh(host: Host) -> bool:
    return isinstance(host.connector, SSHConnector)
