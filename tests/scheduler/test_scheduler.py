"""What we say of pods, against what the real kube-scheduler does with them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lakestead.facts.cluster import read
from lakestead.plan.capacity import Gathering
from lakestead.plan.placement import Placement, place
from lakestead.plan.rules import WantedPod
from tests.api_server import ApiServer
from tests.scheduler.generate import Generated, generate
from tests.scheduler.real import RealScheduler
from tests.scheduler.tally import Tally

CLUSTERS = int(os.environ.get("SCHEDULER_CLUSTERS", "24"))
SEED = int(os.environ.get("SCHEDULER_SEED", "1"))
MISSED = 0.02


@pytest.fixture(scope="module")
def real() -> Iterator[RealScheduler]:
    with ApiServer.running() as server, RealScheduler.running(server) as scheduler:
        yield scheduler


def test_never_fits_where_the_scheduler_leaves_a_pod_pending(real: RealScheduler) -> None:
    tally = Tally()
    for seed in range(SEED * 1_000_000, SEED * 1_000_000 + CLUSTERS):
        compare(real, generate(seed), tally, f"seed {seed}")
    print("\n" + tally.table())
    if file := os.environ.get("SCHEDULER_RESULTS"):
        Path(file).write_text(tally.table())

    assert not tally.wrong
    assert tally.missed_share <= MISSED, tally.missed
    assert 0 < tally.bound < tally.pods


def compare(real: RealScheduler, cluster: Generated, tally: Tally, name: str) -> None:
    """Place a cluster's pods twice and count what came of it."""
    real.load(cluster)
    reading = read(real.api, kubelets=False)
    posted, nodes = real.schedule(cluster)
    gathering = Gathering()
    gathering.pods(posted)
    ours = place(map(WantedPod.of, gathering.waiting), reading.cluster, in_order=True)
    real.clear()

    refused = {pod.name: refusals for pod, refusals in ours.refused}
    missed = [pod for pod, node in nodes.items() if node and pod in refused]
    pending = sum(not node for node in nodes.values())
    tally.clusters += 1
    tally.pods += len(nodes)
    tally.bound += len(nodes) - pending
    tally.same_node += sum(bool(node) and ours.placed.get(pod) == node
                           for pod, node in nodes.items())  # fmt: skip
    tally.wrong += [f"{name}: {pod}" for pod, node in nodes.items()
                    if not node and pod not in refused]  # fmt: skip
    tally.missed += [f"{name}: {pod} on {nodes[pod]}: {explained(ours, pod)}" for pod in missed]
    for rule in cluster.used:
        tally.rules[rule] += 1
        tally.pods_of[rule] += len(nodes)
        tally.pending_of[rule] += pending
        tally.missed_of[rule] += len(missed)


def explained(ours: Placement, pod: str) -> str:
    """Why we did not say that it fits."""
    if pod in ours.sometimes:
        return "fits or not by which of equal nodes others get, or when it is tried again"
    [why] = [refusals for one, refusals in ours.refused if one.name == pod]
    return "; ".join(f"{item.node}: {item.reason or item.missing}" for item in why)
