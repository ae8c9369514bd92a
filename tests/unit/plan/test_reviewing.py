"""A review: headroom after each phase, and what one lost node would do."""

from __future__ import annotations

from dataclasses import replace

from lakestead.plan.amount import Amount
from lakestead.plan.capacity import Node, Pod
from lakestead.plan.phases import component_pods
from lakestead.plan.placement import Cluster
from lakestead.plan.reviewing import (
    SMALL,
    class_reviews,
    lost_reviews,
    namespace_reviews,
    node_reviews,
    phase_reviews,
    total,
)
from lakestead.plan.volumes import Claim, Storage, StorageClass

GI = 2**30


def node(name: str, *pods: Pod, cpu: int = 4000, memory: int = 8 * GI, **more: object) -> Node:
    made = Node(name, allocatable=Amount(cpu, memory), pods=pods)
    return replace(made, **more)  # type: ignore[arg-type]


def pod(name: str, memory: int, owner: str = "ReplicaSet") -> Pod:
    return Pod("apps", name, Amount(100, memory), owner=owner)


def test_each_phase_comes_on_top_of_those_before() -> None:
    cluster = Cluster([node("a", pod("one", 2 * GI)), node("b")])
    phases = {
        2: component_pods("spark-operator", 1, Amount(1000, 5 * GI)),
        1: component_pods("hive-metastore", 1, Amount(1000, 4 * GI)),
        3: component_pods("trino-worker", 2, Amount(1000, 4 * GI)),
    }
    first, second, third = phase_reviews(cluster, phases, 70)[0]

    assert [item.phase for item in (first, second, third)] == [1, 2, 3]
    assert (first.after.memory_percent, first.after.over) == (37.5, False)
    assert first.after.memory_headroom == 16 * GI * 70 // 100 - 6 * GI
    assert (second.fits, second.after.memory_percent) == (True, 68.8)
    assert [item.answer for item in third.pods] == ["fits", "does not fit"]
    assert third.after.memory_percent == 93.8


def test_a_closed_node_is_no_headroom() -> None:
    taint = [{"key": "dedicated", "effect": "NoSchedule"}]
    tainted = node("c", taints=taint)
    cpu, memory = total([node("a"), node("b", closed="cordoned"), tainted])
    assert (cpu.allocatable, memory.allocatable) == (4000, 8 * GI)
    assert total([tainted])[0].allocatable == 4000


def test_the_pods_of_a_lost_node_move_but_for_those_that_are_everywhere() -> None:
    full = node("a", pod("one", 4 * GI), pod("agent", GI, "DaemonSet"), pod("static", GI, "Node"))
    small = node("b", pod("two", GI), memory=4 * GI)
    lost = {item.node: item for item in lost_reviews(Cluster([full, small]), 70)}

    assert (lost["a"].moved, lost["a"].ended) == (1, 2)
    [homeless] = lost["a"].homeless
    assert homeless.name == "apps/one"
    assert [reason.reason for reason in homeless.reasons] == ["missing 1.0Gi memory"]
    assert lost["b"].homeless == []
    assert lost["b"].after.memory_percent == 87.5


def test_of_many_nodes_those_that_hold_the_most() -> None:
    nodes = [node(f"n{number:02}", pod("p", number * GI // 10)) for number in range(SMALL + 1)]
    assert [item.node for item in lost_reviews(Cluster(nodes), 70)] == ["n32", "n31", "n30"]


def test_use_of_all_is_unknown_where_one_is() -> None:
    known, unknown = node("a", used=Amount(100, GI)), node("b")
    assert total([known, known])[0].used == 200
    assert total([known, unknown])[0].used is None
    assert [item.cpu.used for item in node_reviews([known, unknown])] == [100, None]


def test_namespaces_and_classes() -> None:
    claims = {
        ("apps", "data"): Claim("apps", "data", "fast", 10, "v", used=4),
        ("apps", "more"): Claim("apps", "more", "fast", 20),
        ("apps", "lost"): Claim("apps", "lost", "gone", 5),
    }
    storage = Storage(claims, {"fast": StorageClass("fast", "csi.example", default=True)})
    [space] = namespace_reviews([node("a", pod("one", GI))], storage)
    fast, gone = class_reviews(storage)

    assert (space.name, space.pods, space.memory, space.claims, space.claimed) == (
        "apps", 1, GI, 3, 35,
    )  # fmt: skip
    assert (fast.claimed, fast.used, fast.unbound) == (30, None, 1)
    assert (gone.name, gone.provisioner, gone.claims) == ("gone", "", 1)
