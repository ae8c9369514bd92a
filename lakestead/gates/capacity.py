"""Whether there is room on the nodes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lakestead.gates.gate import Gate
from lakestead.plan.capacity import Amount, Node
from lakestead.plan.placement import Placement, Refusal, WantedPod, place
from lakestead.plan.quantity import show_bytes, show_cores
from lakestead.plan.table import table
from lakestead.settings.capacity import Capacity

LOOKED_AT = "the cluster's nodes, and what the pods on them request"


def capacity_gates(
    nodes: Sequence[Node] | None, wanted: Sequence[WantedPod], capacity: Capacity
) -> list[Gate]:
    """All that is checked of a cluster's capacity before a phase.

    + nodes: as the fact ``Nodes`` has them; None where they could not be read
    + wanted: the pods that the phase will run
    + capacity: what the settings ask for beyond that
    """
    if not nodes:
        return [
            Gate(
                name="There is room on the nodes",
                answer="unknown",
                looked_at=LOOKED_AT,
                saw="nothing could be read" if nodes is None else "the cluster has no node",
                do="kubectl get nodes",
            )
        ]
    gates = [pods_fit(nodes, wanted)]
    needed = Amount(
        capacity.free.cpu.millicores if capacity.free.cpu else 0,
        capacity.free.memory.bytes if capacity.free.memory else 0,
    )
    if needed != Amount():
        gates.append(enough_free(nodes, needed))
    if capacity.used_below_percent is not None:
        gates.append(not_too_busy(nodes, capacity.used_below_percent))
    return gates


def pods_fit(nodes: Sequence[Node], wanted: Sequence[WantedPod]) -> Gate:
    """Every pod of the phase fits into what is free on some node."""
    placement = place(wanted, nodes)
    return Gate(
        name="The phase's pods fit on the nodes",
        answer="pass" if placement.fits else "fail",
        looked_at=LOOKED_AT,
        saw=_placed(placement)
        if placement.fits
        else "\n\n".join(
            _refused(pod, nodes, pod.name in placement.sometimes)
            for pod, nodes in placement.refused
        ),
        wanted="a node with as much allocatable and not requested, for each pod",
        do="make room on a node, add one, or lower the component's allocation in group_data",
    )


def enough_free(nodes: Sequence[Node], needed: Amount) -> Gate:
    """All open nodes together have ``needed`` to spare."""
    open_nodes = [node for node in nodes if not node.closed and not node.taints]
    free = sum((node.free.at_least(Amount()) for node in open_nodes), Amount())
    missing = (needed - free).at_least(Amount())
    rows = [
        [node.name, show_cores(node.free.cpu), show_bytes(node.free.memory), _closed(node)]
        for node in nodes
    ]
    total = f"{show_cores(free.cpu)} cores and {show_bytes(free.memory)} free"
    if missing != Amount():
        total += f"; missing {_amount(missing)}"
    return Gate(
        name="The cluster has enough to spare",
        answer="pass" if missing == Amount() else "fail",
        looked_at=LOOKED_AT,
        saw=f"{total}\n" + table(["node", "free cpu", "free memory", ""], rows),
        wanted=f"{_amount(needed)} free on all open nodes together (capacity.free in group_data)",
        do="make room, add a node, or lower capacity.free if you know that less is enough",
    )


def not_too_busy(nodes: Sequence[Node], percent: int) -> Gate:
    """No more of the nodes' CPU and memory is in use now than ``percent``."""
    unknown = [node.name for node in nodes if node.used is None]
    name, wanted = "The nodes are not too busy", f"less than {percent} % of CPU and of memory used"
    looked_at = "the kubelets' /stats/summary, or metrics-server"
    if unknown:
        return Gate(
            name=name,
            answer="unknown",
            looked_at=looked_at,
            saw="no figures from " + ", ".join(unknown),
            wanted=wanted,
            do="let the user read nodes/proxy, or install metrics-server; "
            "or take capacity.used_below_percent out of group_data",
        )
    shares = [_share(nodes, lambda amount: amount.cpu), _share(nodes, lambda amount: amount.memory)]
    return Gate(
        name=name,
        answer="pass" if max(shares) < percent else "fail",
        looked_at=looked_at,
        saw=f"{shares[0]:.0f} % of CPU and {shares[1]:.0f} % of memory used",
        wanted=wanted,
        do="wait for a quieter time, or make room",
    )


def node_table(nodes: Sequence[Node]) -> str:
    """What each node has, for a person; ``?`` is unknown."""
    head = [
        "node",
        "cpu",
        "requested",
        "used",
        "memory",
        "requested",
        "used",
        "disk",
        "used",
        "pods",
        "",
    ]
    rows = [
        [
            node.name,
            show_cores(node.allocatable.cpu),
            show_cores(node.requested.cpu),
            show_cores(node.used.cpu) if node.used else "?",
            show_bytes(node.allocatable.memory),
            show_bytes(node.requested.memory),
            show_bytes(node.used.memory) if node.used else "?",
            "?" if node.disk is None else show_bytes(node.disk),
            "?" if node.disk_used is None else show_bytes(node.disk_used),
            f"{len(node.pods)}/{node.max_pods}",
            _closed(node),
        ]
        for node in nodes
    ]
    return table(head, rows)


def _placed(placement: Placement) -> str:
    parts = [f"{pod} → {node}" for pod, node in placement.placed.items()]
    parts += [f"{pod} runs on {node}" for pod, node in placement.running.items()]
    return ", ".join(parts) or "no pods are asked for"


def _refused(pod: WantedPod, nodes: Sequence[Refusal], sometimes: bool) -> str:
    rows = [
        [
            node.node,
            show_cores(node.free.cpu),
            show_bytes(node.free.memory),
            show_cores(node.missing.cpu) if node.missing.cpu else "-",
            show_bytes(node.missing.memory) if node.missing.memory else "-",
            node.reason,
        ]
        for node in nodes
    ]
    head = ["node", "free cpu", "free memory", "missing cpu", "missing memory", ""]
    where = "does not fit if others come before it" if sometimes else "fits on no node"
    return f"{pod.name} ({_amount(pod.requests)}) {where}:\n{table(head, rows)}"


def _amount(amount: Amount) -> str:
    parts = [f"{show_cores(amount.cpu)} cpu"] if amount.cpu else []
    parts += [f"{show_bytes(amount.memory)} memory"] if amount.memory else []
    return " and ".join(parts)


def _closed(node: Node) -> str:
    return node.closed or ", ".join(f"taint {taint['key']}" for taint in node.taints)


def _share(nodes: Sequence[Node], of: Callable[[Amount], int]) -> float:
    total = sum(of(node.capacity) for node in nodes)
    return 100 * sum(of(node.used) for node in nodes if node.used) / total if total else 100.0
