"""The pods that a phase will run, from the settings and the manifests that they name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import yaml

from lakestead.plan.amount import Amount
from lakestead.plan.capacity import Node
from lakestead.plan.phases import component_pods, workload_pods
from lakestead.plan.rules import WantedPod
from lakestead.settings import Settings


def planned_pods(
    settings: Settings, phase: int, nodes: Sequence[Node], components: Sequence[str] | None = None
) -> list[WantedPod]:
    """What the phase will run: its components, and in phase 1 Flux where it is not there yet.

    + components: only these, and no Flux
    """
    pods = [
        pod
        for component, allocation in settings.allocations.items()
        if settings.phase_of(component) == phase and (components is None or component in components)
        for pod in component_pods(
            component,
            allocation.replicas,
            Amount(allocation.cpu.millicores, allocation.memory.bytes),
        )
    ]
    if phase == 1 and components is None and settings.flux.manifests:
        manifests = Path(settings.flux.manifests).expanduser()
        # A file that is not there matters only where Flux is to be installed; its task says so.
        if manifests.is_file():
            documents = yaml.safe_load_all(manifests.read_text(encoding="utf-8"))
            pods += workload_pods(filter(None, documents), nodes)
    return pods
