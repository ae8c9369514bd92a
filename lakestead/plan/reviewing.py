"""Make a review of what was read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from lakestead.plan.amount import NOTHING, Amount
from lakestead.plan.capacity import Node, Pod
from lakestead.plan.placement import Cluster, Placement, Refusal, WantedPod, place
from lakestead.plan.quantity import show_bytes, show_cores
from lakestead.plan.review import (
    After,
    ClaimReview,
    ClassReview,
    LostReview,
    NamespaceReview,
    NodeReview,
    PhaseReview,
    PodReview,
    Reason,
    Share,
)
from lakestead.plan.volumes import Storage

SMALL = 32
"""Nodes up to which the loss of each one is looked at; of more, of the three that hold the most."""

STAY_BEHIND = ("DaemonSet", "Node")
"""Controllers whose pods end with their node."""


def node_reviews(nodes: Iterable[Node]) -> list[NodeReview]:
    """Each node."""
    return [
        NodeReview(
            name=node.name,
            closed=node.closed,
            pressure=list(node.pressure),
            taints=[_taint(taint) for taint in (*node.taints, *node.avoided)],
            cpu=(shares := _shares(node))[0],
            memory=shares[1],
            disk=node.disk,
            disk_used=node.disk_used,
            pods=len(node.pods),
            max_pods=node.max_pods,
        )
        for node in nodes
    ]


def total(nodes: Sequence[Node]) -> tuple[Share, Share]:
    """CPU and memory of all open nodes; use is unknown if one of theirs is."""
    found = [_shares(node) for node in open_nodes(nodes)]
    return _sum([cpu for cpu, _ in found]), _sum([memory for _, memory in found])


def open_nodes(nodes: Sequence[Node]) -> list[Node]:
    """Those that any pod may go to: neither closed nor tainted.

    Where all are tainted, tolerations are usual there: then all that are not closed.
    """
    ready = [node for node in nodes if not node.closed]
    return [node for node in ready if not node.taints] or ready


def namespace_reviews(
    nodes: Iterable[Node], storage: Storage, used: Mapping[str, Amount] | None = None
) -> list[NamespaceReview]:
    """Each namespace that has pods or claims, the hungriest first.

    + used: what each uses now; None is unknown
    """
    pods: dict[str, list[Pod]] = {}
    for node in nodes:
        for pod in node.pods:
            pods.setdefault(pod.namespace, []).append(pod)
    claims: dict[str, list[int]] = {}
    for claim in storage.claims.values():
        claims.setdefault(claim.namespace, []).append(claim.size)
    found = [
        NamespaceReview(
            name=name,
            pods=len(theirs := pods.get(name, [])),
            silent=sum(pod.silent for pod in theirs),
            cpu=sum(pod.requests.cpu for pod in theirs),
            memory=sum(pod.requests.memory for pod in theirs),
            cpu_limits=sum(pod.limits.cpu for pod in theirs),
            memory_limits=sum(pod.limits.memory for pod in theirs),
            cpu_used=None if used is None else used.get(name, NOTHING).cpu,
            memory_used=None if used is None else used.get(name, NOTHING).memory,
            claims=len(claims.get(name, ())),
            claimed=sum(claims.get(name, ())),
        )
        for name in {**pods, **claims}
    ]
    return sorted(found, key=lambda item: (-item.memory, -item.cpu, item.name))


def class_reviews(storage: Storage) -> list[ClassReview]:
    """Each storage class, and those that claims name and that are not there."""
    names = sorted({*storage.classes, *(claim.storage_class for claim in storage.claims.values())})
    found = []
    for name in names:
        theirs = [claim for claim in storage.claims.values() if claim.storage_class == name]
        known = storage.classes.get(name)
        used = [claim.used for claim in theirs]
        measured = [amount for amount in used if amount is not None]
        found.append(
            ClassReview(
                name=name,
                provisioner=known.provisioner if known else "",
                default=bool(known and known.default),
                delayed=bool(known and known.delayed),
                claims=len(theirs),
                claimed=sum(claim.size for claim in theirs),
                used=sum(measured) if len(measured) == len(used) else None,
                unbound=sum(not claim.volume for claim in theirs),
            )
        )
    return found


def claim_reviews(storage: Storage) -> list[ClaimReview]:
    """Each claim, the largest first."""
    found = [
        ClaimReview(
            namespace=claim.namespace,
            name=claim.name,
            storage_class=claim.storage_class,
            size=claim.size,
            used=claim.used,
            bound=bool(claim.volume),
        )
        for claim in storage.claims.values()
    ]
    return sorted(found, key=lambda claim: (-claim.size, claim.namespace, claim.name))


def phase_reviews(
    cluster: Cluster, phases: Mapping[int, Sequence[WantedPod]], line: int
) -> tuple[list[PhaseReview], Cluster]:
    """Each phase on top of those before it, and the cluster with all of them."""
    found = []
    for phase, pods in sorted(phases.items()):
        placement = place(pods, cluster)
        cluster = with_pods(cluster, pods, placement)
        found.append(
            PhaseReview(
                phase=phase,
                pods=[_pod(pod, placement) for pod in pods],
                after=after(cluster.nodes, line),
            )
        )
    return found, cluster


def lost_reviews(cluster: Cluster, line: int) -> list[LostReview]:
    """What the loss of a node does: its pods are placed on the others."""
    candidates = [node for node in cluster.nodes if not node.closed]
    small = len(candidates) <= SMALL
    if not small:
        biggest = sorted(candidates, key=lambda node: (-node.requested.memory, node.name))
        candidates = biggest[:3]
    return [_lost(cluster, node, line, often=small) for node in candidates]


def after(nodes: Sequence[Node], line: int) -> After:
    """How full the open nodes are, and how much is left to the line."""
    cpu, memory = total(nodes)
    return After(
        cpu_percent=round(cpu.percent, 1),
        memory_percent=round(memory.percent, 1),
        cpu_headroom=cpu.allocatable * line // 100 - cpu.requested,
        memory_headroom=memory.allocatable * line // 100 - memory.requested,
    )


def with_pods(cluster: Cluster, pods: Sequence[WantedPod], placement: Placement) -> Cluster:
    """The cluster when the pods that were placed run there.

    What is replaced by one of them is left in: both run for a while, when an update rolls.
    """
    added: dict[str, list[Pod]] = {}
    for pod in pods:
        node = placement.placed.get(pod.name)
        if node:
            added.setdefault(node, []).append(
                Pod(
                    namespace=pod.namespace,
                    name=pod.name,
                    requests=pod.requests,
                    component=(pod.component,) if pod.component else (),
                    labels=pod.labels,
                    owner="planned",
                    compared=pod.compared,
                    rules=pod.rules,
                )
            )
    return replace(
        cluster,
        nodes=[
            replace(node, pods=[*node.pods, *added[node.name]]) if node.name in added else node
            for node in cluster.nodes
        ],
    )


def _lost(cluster: Cluster, node: Node, line: int, *, often: bool) -> LostReview:
    """The loss of one node; ``often``: with the pods in several orders."""
    moved = [pod for pod in node.pods if pod.owner not in STAY_BEHIND and not pod.ending]
    wanted = [WantedPod.of(pod) for pod in moved]
    left = replace(cluster, nodes=[other for other in cluster.nodes if other.name != node.name])
    placement = place(wanted, left, in_order=not often, tries=3 if often else 0)
    return LostReview(
        node=node.name,
        moved=len(moved),
        ended=len(node.pods) - len(moved),
        homeless=sorted(
            (_pod(pod, placement) for pod, _ in placement.refused),
            key=lambda pod: (pod.answer != "does not fit", -pod.memory, pod.name),
        ),
        most=placement.most,
        after=after(with_pods(left, wanted, placement).nodes, line),
    )


def _pod(pod: WantedPod, placement: Placement) -> PodReview:
    refused = next((why for one, why in placement.refused if one.name == pod.name), None)
    runs = placement.running.get(pod.name)
    return PodReview(
        name=pod.name,
        cpu=pod.requests.cpu,
        memory=pod.requests.memory,
        answer="runs"
        if runs
        else "fits"
        if refused is None
        else "not always"
        if pod.name in placement.sometimes
        else "does not fit",
        node=runs or placement.placed.get(pod.name),
        reasons=_grouped(refused or ()),
    )


def _grouped(refusals: Sequence[Refusal]) -> list[Reason]:
    """As the scheduler says it: how many nodes for which reason, the most frequent first."""
    groups: dict[str, list[str]] = {}
    for refusal in refusals:
        groups.setdefault(refusal.reason or _short(refusal.missing), []).append(refusal.node)
    found = [
        Reason(reason=reason, nodes=len(names), such_as=names[:5])
        for reason, names in groups.items()
    ]
    return sorted(found, key=lambda item: (-item.nodes, item.reason))


def _short(missing: Amount) -> str:
    parts = [f"{show_cores(missing.cpu)} cpu"] if missing.cpu else []
    parts += [f"{show_bytes(missing.memory)} memory"] if missing.memory else []
    parts += [f"{count} {name}" for name, count in missing.other.items()]
    return "missing " + " and ".join(parts)


def _shares(node: Node) -> tuple[Share, Share]:
    requested, limits = node.requested, node.limits
    return (
        Share(
            allocatable=node.allocatable.cpu,
            requested=requested.cpu,
            limits=limits.cpu,
            used=None if node.used is None else node.used.cpu,
        ),
        Share(
            allocatable=node.allocatable.memory,
            requested=requested.memory,
            limits=limits.memory,
            used=None if node.used is None else node.used.memory,
        ),
    )


def _sum(shares: Sequence[Share]) -> Share:
    used = [share.used for share in shares]
    known = [amount for amount in used if amount is not None]
    return Share(
        allocatable=sum(share.allocatable for share in shares),
        requested=sum(share.requested for share in shares),
        limits=sum(share.limits for share in shares),
        used=sum(known) if len(known) == len(used) else None,
    )


def _taint(taint: Mapping[str, str]) -> str:
    value = f"={taint['value']}" if taint.get("value") else ""
    return f"{taint['key']}{value}:{taint['effect']}"
