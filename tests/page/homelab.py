"""A review to look at: a homelab with something of everything. ``python -m tests.page.homelab FILE``."""

from __future__ import annotations

import sys
from pathlib import Path

from lakestead.plan.amount import Amount
from lakestead.plan.capacity import Node, Pod
from lakestead.plan.phases import component_pods
from lakestead.plan.placement import Cluster
from lakestead.plan.review import HostFacts, Review
from lakestead.plan.reviewing import (
    claim_reviews,
    class_reviews,
    lost_reviews,
    namespace_reviews,
    node_reviews,
    phase_reviews,
    total,
)
from lakestead.plan.volumes import Claim, Storage, StorageClass
from lakestead.report.capacity_page import page

GI = 2**30
CONTROL = {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}


def homelab(extra: int = 0, workers: int = 2) -> Review:
    """Talos control plane and workers, Rook, databases, and the design's allocations.

    + extra: more nodes, for the page of a large cluster
    """
    nodes = [
        _node("control-1", 4, 16, 0.4, 2.5, [CONTROL], _pods("kube-system", 8, 100, 0.3)),
        _node("worker-1", 16, 64, 3.1, 29.0, [], _pods("storage", 6, 700, 2.5) + _pods("media", 9, 150, 1)),
        _node("worker-2", 16, 64, 5.6, 34.5, [], _pods("databases", 5, 800, 4) + _pods("home", 8, 250, 0.7)),
        _node("worker-3", 12, 48, None, None, [], _pods("monitoring", 8, 650, 4.1)),
        _node("worker-4", 8, 32, 0.2, 1.1, [], _pods("media", 2, 100, 0.5), closed="cordoned"),
    ]  # fmt: skip
    for number in range(extra):
        share = 1 + number * 7919 % 30
        nodes.append(
            _node(f"rack-{number:04}", 32, 128, None, None, [], _pods("apps", share, 1100, 4))
        )
    claims = [
        Claim("databases", f"postgres-{number}", "ceph-block", 50 * GI, f"pv{number}", used=used)
        for number, used in enumerate((21 * GI, 20 * GI, 44 * GI))
    ] + [
        Claim("media", "library", "ceph-filesystem", 900 * GI, "pv9"),
        Claim("home", "new", "fast"),
    ]
    storage = Storage(
        {(claim.namespace, claim.name): claim for claim in claims},
        {
            "ceph-block": StorageClass("ceph-block", "rook-ceph.rbd.csi.ceph.com", default=True),
            "ceph-filesystem": StorageClass("ceph-filesystem", "rook-ceph.cephfs.csi.ceph.com"),
        },
    )
    cluster = Cluster(nodes, storage)
    phases = {
        1: component_pods("hive-metastore", 1, Amount(200, 4 * GI)),
        2: component_pods("spark-operator", 1, Amount(200, GI // 2)),
        3: component_pods("trino-coordinator", 1, Amount(500, 8 * GI))
        + component_pods("trino-worker", workers, Amount(2000, 24 * GI)),
    }
    found, then = phase_reviews(cluster, phases, 70)
    cpu, memory = total(nodes)
    hosts = {
        "worker-1": _host("worker-1", 0.4, 0.003),
        "worker-2": _host("worker-2", 2.7, -41.2),
        "worker-3": HostFacts(host="worker-3", error="no answer within 20 s"),
    }
    return Review(
        lakestead="0.1.0",
        made="2026-11-21T12:00:00+00:00",
        context="anton",
        server="https://10.0.0.10:6443",
        line_percent=70,
        nodes=[
            node.model_copy(update={"host": hosts.get(node.name)}) for node in node_reviews(nodes)
        ],
        total_cpu=cpu,
        total_memory=memory,
        namespaces=namespace_reviews(nodes, storage),
        storage_classes=class_reviews(storage),
        claims=claim_reviews(storage),
        waiting=["media/<transcoder>-7"],
        phases=found,
        lost=lost_reviews(then, 70),
        strangers=["host nas is no node of the cluster"],
        unknown=["use of worker-3: no kubelet and no metrics-server tells"],
    )


def _node(
    name: str,
    cores: int,
    memory: int,
    used_cores: float | None,
    used_memory: float | None,
    taints: list[dict[str, str]],
    pods: list[Pod],
    closed: str = "",
) -> Node:
    return Node(
        name,
        closed=closed,
        taints=taints,
        capacity=Amount(cores * 1000, memory * GI),
        allocatable=Amount(cores * 1000 - 200, int((memory - 1.5) * GI)),
        used=None
        if used_cores is None or used_memory is None
        else Amount(int(used_cores * 1000), int(used_memory * GI)),
        disk=480 * GI,
        disk_used=None if used_cores is None else int(70 * GI + used_cores * 30 * GI),
        pods=pods,
    )


def _pods(namespace: str, count: int, cpu: int, memory: float) -> list[Pod]:
    return [
        Pod(
            namespace,
            f"{namespace}-{number}",
            Amount(cpu, int(memory * GI)),
            owner="DaemonSet" if number == 0 else "ReplicaSet",
            silent=number % 4 == 3,
        )
        for number in range(count)
    ]


def _host(name: str, load: float, drift: float) -> HostFacts:
    return HostFacts(
        host=name,
        hostname=name,
        cores=16,
        memory=64 * GI,
        memory_available=30 * GI,
        load=[load, load, load],
        kernel="6.12.48",
        disks=[{"mount": "/", "device": "/dev/nvme0n1p2", "type": "ext4", "size": 460 * GI, "used": 92 * GI}],
        drift=drift,
        drift_error=0.01,
    )  # fmt: skip


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(homelab()))
