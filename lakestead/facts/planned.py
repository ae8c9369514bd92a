"""The pods that a phase will run, from the settings and the manifests that they name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import yaml

from lakestead.plan.amount import Amount
from lakestead.plan.capacity import Node
from lakestead.plan.phases import component_pods, rollout_pods, workload_pods
from lakestead.plan.rules import WantedPod
from lakestead.settings import Settings
from lakestead.settings.spark import Spark


def planned_pods(
    settings: Settings, phase: int, nodes: Sequence[Node], components: Sequence[str] | None = None
) -> list[WantedPod]:
    """What the phase will run: its components, what each needs beside that while it is rolled out, in
    phase 1 Flux where it is not there yet, and in phase 2 a job of Spark.

    + components: only these, and neither Flux nor jobs
    """
    pods = [
        pod
        for component in settings.allocations
        if settings.phase_of(component) == phase and (components is None or component in components)
        for pod in allocated_pods(settings, component)
    ]
    if phase == 1 and components is None and settings.flux.manifests:
        manifests = Path(settings.flux.manifests).expanduser()
        # A file that is not there matters only where Flux is to be installed; its task says so.
        if manifests.is_file():
            documents = yaml.safe_load_all(manifests.read_text(encoding="utf-8"))
            pods += workload_pods(filter(None, documents), nodes)
    if phase == 2 and components is None and settings.spark:
        pods += job_pods(settings.spark)
    return pods


def job_pods(spark: Spark) -> list[WantedPod]:
    """The driver and the executors of one job; pods of jobs that run stand for none of them."""
    driver = Amount(spark.driver.cpu.millicores, spark.driver.bytes)
    executor = Amount(spark.executor.cpu.millicores, spark.executor.bytes)
    numbers = range(1, spark.executor.count + 1)
    return [
        WantedPod("spark-driver", driver),
        *(WantedPod(f"spark-executor-{number}", executor) for number in numbers),
    ]


def allocated_pods(settings: Settings, component: str) -> list[WantedPod]:
    """A component's replicas, and what a rollout of it needs beside them."""
    allocation = settings.allocations[component]
    requests = Amount(allocation.cpu.millicores, allocation.memory.bytes)
    return [
        *component_pods(component, allocation.replicas, requests),
        *rollout_pods(component, requests),
    ]
