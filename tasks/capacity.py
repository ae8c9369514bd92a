"""Is there room? Looks at every node, and stops before any change if the phase does not fit."""

from __future__ import annotations

from pathlib import Path

import yaml
from pyinfra import host, logger

from lakestead.facts.nodes import Nodes
from lakestead.gates.capacity import capacity_gates, node_table
from lakestead.gates.gate import require
from lakestead.plan.capacity import Amount, Node
from lakestead.plan.phases import COMPONENTS, component_pods, workload_pods
from lakestead.plan.placement import WantedPod
from lakestead.settings import Settings


def deploy(phase: int) -> None:
    """The gate before ``phase``: plain code, so that it stands under ``--dry`` and ``-y`` too."""
    if "cluster" not in host.groups:
        return
    settings = Settings.of(host)
    nodes = host.get_fact(Nodes)
    if nodes:
        for line in node_table(nodes).splitlines():
            logger.info(f"{host.print_prefix}{line}")
    gates = capacity_gates(nodes, _pods(settings, phase, nodes or []), settings.capacity)
    require(gates)
    for gate in gates:
        logger.info(f"{host.print_prefix}{gate}")


def _pods(settings: Settings, phase: int, nodes: list[Node]) -> list[WantedPod]:
    """What the phase will run: its components, and in phase 1 Flux where it is not there yet."""
    pods = [
        pod
        for component, allocation in settings.allocations.items()
        if COMPONENTS[component] == phase
        for pod in component_pods(
            component,
            allocation.replicas,
            Amount(allocation.cpu.millicores, allocation.memory.bytes),
        )
    ]
    if phase == 1 and settings.flux.manifests:
        manifests = Path(settings.flux.manifests).expanduser()
        # A file that is not there matters only where Flux is to be installed; its task says so.
        if manifests.is_file():
            documents = yaml.safe_load_all(manifests.read_text(encoding="utf-8"))
            pods += workload_pods(filter(None, documents), nodes)
    return pods
