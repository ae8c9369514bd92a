"""Is there room? Looks at every node, and stops before any change if the phase does not fit."""

from __future__ import annotations

from pyinfra import host, logger

from lakestead.facts.nodes import Nodes
from lakestead.facts.planned import planned_pods
from lakestead.gates.capacity import capacity_gates, node_table
from lakestead.gates.gate import require
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
    gates = capacity_gates(nodes, planned_pods(settings, phase, nodes or []), settings.capacity)
    require(gates)
    for gate in gates:
        logger.info(f"{host.print_prefix}{gate}")
