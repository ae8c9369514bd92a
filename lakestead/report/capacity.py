"""A capacity review for a person: tables with bars, and the lines that count."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from lakestead.plan.quantity import show_bytes, show_cpu
from lakestead.plan.review import (
    After,
    LostReview,
    NodeReview,
    PhaseReview,
    PodReview,
    Review,
    Share,
)
from lakestead.plan.table import table

BAR = 10  # cells
ROWS = 20
"""Rows of a table, unless all are asked for: the fullest nodes, the hungriest namespaces."""


def render(review: Review, *, everything: bool = False) -> str:
    """The whole review as text with colours.

    + everything: all nodes, namespaces and claims, however many
    """
    rows = 10**9 if everything else ROWS
    parts = [click.style(_headline(review), bold=True), _nodes(review, rows)]
    if any(node.host for node in review.nodes):
        parts.append(_hosts(review, rows))
    parts.append(_namespaces(review, rows))
    if review.storage_classes or review.claims:
        parts.append(_storage(review, rows))
    parts += [_phase(phase, review.line_percent) for phase in review.phases]
    if review.lost:
        parts.append(_lost(review))
    notes = [f"not known to both: {line}" for line in review.strangers]
    notes += [f"unknown: {line}" for line in review.unknown]
    if review.waiting:
        some = ", ".join(review.waiting[:5]) + (", …" if len(review.waiting) > 5 else "")
        notes.append(f"{len(review.waiting)} pods wait for a node already: {some}")
    if notes:
        parts.append("\n".join(click.style(note, fg="yellow") for note in notes))
    parts.append(verdict(review))
    return "\n\n".join(parts) + "\n"


def verdict(review: Review) -> str:
    """The last line."""
    if not review.phases:
        return click.style(
            "Nothing is planned: no inventory with allocations was given.", bold=True
        )
    count = sum(len(phase.pods) for phase in review.phases)
    homeless = [pod for phase in review.phases for pod in phase.pods if pod.reasons]
    if not homeless:
        line = f"All {count} planned pods fit." + over(review)
        return click.style(line, fg="green", bold=True)
    names = ", ".join(pod.name for pod in homeless)
    return click.style(
        f"{len(homeless)} of {count} planned pods cannot be sure of a node: {names}",
        fg="red",
        bold=True,
    )


def over(review: Review) -> str:
    """From which phase on more is requested than the line allows."""
    first = next((phase.phase for phase in review.phases if phase.after.over), None)
    if first is None:
        return ""
    return f" From phase {first} on more than {review.line_percent} % is requested."


def headroom(after: After) -> str:
    """How far it is to the line, in words."""
    cpu = f"{show_cpu(abs(after.cpu_headroom))} of CPU"
    memory = f"{show_bytes(abs(after.memory_headroom))} of memory"
    return ", ".join(
        f"{what} {'over' if amount < 0 else 'left'}"
        for what, amount in ((cpu, after.cpu_headroom), (memory, after.memory_headroom))
    )


def reasons(pod: PodReview) -> str:
    """Why a pod has no node, in one line."""
    parts = [
        f"{reason.nodes} × {reason.reason}"
        if reason.nodes > 1
        else f"{reason.such_as[0]}: {reason.reason}"
        for reason in pod.reasons
    ]
    return "; ".join(parts)


def _headline(review: Review) -> str:
    cpu, memory = review.total_cpu, review.total_memory
    closed = sum(bool(node.closed) for node in review.nodes)
    use = (
        "use unknown"
        if cpu.used_percent is None or memory.used_percent is None
        else f"{cpu.used_percent:.0f} % and {memory.used_percent:.0f} % used"
    )
    return (
        f"{review.context or review.server}: {_count(len(review.nodes), 'node')}"
        + (f" ({closed} closed)" if closed else "")
        + f", {_count(sum(node.pods for node in review.nodes), 'pod')}. "
        f"{show_cpu(cpu.allocatable)} cores and {show_bytes(memory.allocatable)} on open nodes: "
        f"{cpu.percent:.0f} % and {memory.percent:.0f} % requested, {use}."
    )


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _nodes(review: Review, rows: int) -> str:
    order = sorted(review.nodes, key=lambda node: -max(node.cpu.percent, node.memory.percent))
    shown = sorted(order[:rows], key=lambda node: node.name)
    lines = [
        [
            node.name,
            bar(node.cpu.percent),
            f"{node.cpu.percent:.0f} %",
            show_cpu(node.cpu.allocatable),
            show_cpu(node.cpu.free),
            "?" if node.cpu.used is None else show_cpu(node.cpu.used),
            bar(node.memory.percent),
            f"{node.memory.percent:.0f} %",
            show_bytes(node.memory.allocatable),
            show_bytes(node.memory.free),
            "?" if node.memory.used is None else show_bytes(node.memory.used),
            "?" if node.disk is None else show_bytes(node.disk),
            "?" if node.disk_used is None else show_bytes(node.disk_used),
            f"{node.pods}/{node.max_pods}",
            ", ".join(filter(None, [node.closed, *node.pressure, *node.taints])),
        ]
        for node in shown
    ]
    head = [
        "node", "cpu", "req.", "of", "free", "used",
        "memory", "req.", "of", "free", "used", "disk", "used", "pods", "",
    ]  # fmt: skip
    colours = [_colour(node, review.line_percent) for node in shown]
    return _coloured(table(head, lines), colours) + _more(len(review.nodes), rows, "nodes")


def _hosts(review: Review, rows: int) -> str:
    known = [(node, node.host) for node in review.nodes if node.host]
    lines = []
    for node, host in known[:rows]:
        disks = [
            f"{disk['mount']} {show_bytes(disk['used'])} of {show_bytes(disk['size'])}"
            for disk in host.disks or ()
        ]
        drift = "?"
        if host.drift is not None:
            drift = f"{host.drift:+.1f} s"
        lines.append(
            [
                node.name,
                "?" if host.cores is None else str(host.cores),
                "?" if host.memory is None else show_bytes(host.memory),
                "?" if host.memory_available is None else show_bytes(host.memory_available),
                "?" if host.load is None else " ".join(f"{load:.2f}" for load in host.load),
                host.kernel or "?",
                drift,
                host.error or ", ".join(disks),
            ]
        )
    head = ["host", "cores", "memory", "available", "load", "kernel", "drift", "disks"]
    return table(head, lines) + _more(len(known), rows, "hosts")


def _namespaces(review: Review, rows: int) -> str:
    shown = review.namespaces[:rows]
    lines = [
        [
            item.name,
            str(item.pods),
            str(item.silent) if item.silent else "-",
            show_cpu(item.cpu),
            show_cpu(item.cpu_limits) if item.cpu_limits else "-",
            "?" if item.cpu_used is None else show_cpu(item.cpu_used),
            show_bytes(item.memory),
            show_bytes(item.memory_limits) if item.memory_limits else "-",
            "?" if item.memory_used is None else show_bytes(item.memory_used),
            str(item.claims) if item.claims else "-",
            show_bytes(item.claimed) if item.claimed else "-",
        ]
        for item in shown
    ]
    head = [
        "namespace", "pods", "no requests", "cpu", "limits", "used", "memory", "limits", "used",
        "claims", "of",
    ]  # fmt: skip
    return table(head, lines) + _more(len(review.namespaces), rows, "namespaces")


def _storage(review: Review, rows: int) -> str:
    lines = [
        [
            item.name or "(none)",
            item.provisioner or "?",
            str(item.claims),
            show_bytes(item.claimed),
            "?" if item.used is None else show_bytes(item.used),
            str(item.unbound) if item.unbound else "-",
            ", ".join(
                name
                for name, holds in (("default", item.default), ("bound late", item.delayed))
                if holds
            ),
        ]
        for item in review.storage_classes
    ]
    head = ["storage class", "provisioner", "claims", "of", "used", "unbound", ""]
    parts = [table(head, lines)]
    if review.claims:
        lines = [
            [
                f"{claim.namespace}/{claim.name}",
                claim.storage_class or "(none)",
                show_bytes(claim.size),
                "?" if claim.used is None else show_bytes(claim.used),
                bar(100 * claim.used / claim.size) if claim.used and claim.size else "",
                "" if claim.bound else "not bound",
            ]
            for claim in review.claims[:rows]
        ]
        parts.append(
            table(["claim", "class", "size", "used", "", ""], lines)
            + _more(len(review.claims), rows, "claims")
        )
    return "\n\n".join(parts)


def _phase(phase: PhaseReview, line: int) -> str:
    lines = [
        [
            pod.name,
            show_cpu(pod.cpu),
            show_bytes(pod.memory),
            pod.answer,
            ("→ " if pod.answer == "fits" else "") + (pod.node or ""),
            reasons(pod),
        ]
        for pod in phase.pods
    ]
    colours = [
        {"fits": "green", "runs": "blue", "not always": "yellow"}.get(pod.answer, "red")
        for pod in phase.pods
    ]
    head = [f"phase {phase.phase}", "cpu", "memory", "", "node", ""]
    after = phase.after
    text = (
        f"after it {after.cpu_percent:.0f} % of CPU and {after.memory_percent:.0f} % of memory "
        f"requested; line of {line} %: {headroom(after)}"
    )
    body = _coloured(table(head, lines), colours) if lines else f"phase {phase.phase}: no pods"
    return body + "\n" + click.style(text, fg="yellow" if after.over else None)


def _lost(review: Review) -> str:
    lines, colours = [], []
    for item in review.lost:
        lines.append(
            [
                item.node,
                str(item.moved),
                str(item.ended),
                f"{item.after.cpu_percent:.0f} %",
                f"{item.after.memory_percent:.0f} %",
                _homeless(item),
            ]
        )
        colours.append("red" if item.homeless else None)
    head = ["one node lost", "moved", "ended", "cpu after", "memory after", "finds no node"]
    text = _coloured(table(head, lines), colours)
    left = sum(not node.closed for node in review.nodes) - len(review.lost)
    return text + (f"\n(those that hold the most; {left} more not looked at)" if left > 0 else "")


def _homeless(item: LostReview) -> str:
    if not item.homeless:
        return "none"
    first = item.homeless[0]
    why = reasons(first)
    return f"up to {item.most}, as {first.name}" + (f" ({why})" if why else "")


def bar(percent: float) -> str:
    """``███████░░░`` for 70; full from 100 on."""
    filled = min(BAR, max(0, round(percent * BAR / 100)))
    return "█" * filled + "░" * (BAR - filled)


def _colour(node: NodeReview, line: int) -> str | None:
    if _above(100, node.cpu, node.memory) or node.pressure or node.closed == "not ready":
        return "red"
    if _above(line, node.cpu, node.memory) or node.closed:
        return "yellow"
    return None


def _above(percent: int, *shares: Share) -> bool:
    return any(share.percent > percent for share in shares)


def _coloured(text: str, colours: Sequence[str | None]) -> str:
    def lines() -> Iterator[str]:
        head, *rows = text.splitlines()
        yield click.style(head, bold=True)
        for row, colour in zip(rows, colours, strict=True):
            yield click.style(row, fg=colour) if colour else row

    return "\n".join(lines())


def _more(count: int, shown: int, what: str) -> str:
    return f"\n({count - shown} more {what}: --all)" if count > shown else ""
