"""A capacity review as a page: one file, which asks nobody for anything."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from lakestead.errors import LakesteadError
from lakestead.plan.quantity import show_bytes, show_cpu
from lakestead.plan.review import NodeReview, Review, Share
from lakestead.report.capacity import headroom, over, reasons

ROWS = 48
"""Nodes up to which each has bars of its own; of more, the fullest, under a map of all."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One resource of one node, in percent of what is allocatable.

    + requested, planned: what is there now, and what is to come on top of it
    + used: in use now; None is unknown
    """

    requested: float
    planned: float
    used: float | None
    words: str

    @property
    def shown(self) -> tuple[float, float]:
        """Widths that end at the bar's end."""
        first = min(100.0, max(0.0, self.requested))
        return first, min(100.0 - first, max(0.0, self.planned))


def write(review: Review, file: str) -> None:
    """Write the page to ``file``."""
    try:
        Path(file).write_text(page(review), encoding="utf-8")
    except OSError as error:
        raise LakesteadError(
            f"The page cannot be written: {error.strerror}",
            where=file,
            do="name a file in a folder that is there and may be written: --html FILE",
        ) from error


def page(review: Review) -> str:
    """The page's HTML."""
    environment = Environment(
        loader=PackageLoader("lakestead", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(cores=show_cpu, bytes=show_bytes, why=reasons, headroom=headroom)
    planned = _planned(review)
    fullest = sorted(review.nodes, key=lambda node: -max(node.cpu.percent, node.memory.percent))
    shown = sorted(fullest[:ROWS], key=lambda node: node.name)
    return environment.get_template("capacity.html.j2").render(
        review=review,
        nodes=[(node, *_bars(node, planned)) for node in shown],
        squares=[(node, level(_fullness(node), review.line_percent)) for node in review.nodes]
        if len(review.nodes) > ROWS
        else [],
        over=over(review),
        homeless=[
            pod
            for phase in review.phases
            for pod in phase.pods
            if pod.answer not in ("fits", "runs")
        ],
        count=sum(len(phase.pods) for phase in review.phases),
        most=max((item.memory for item in review.namespaces), default=0) or 1,
        most_cpu=max((item.cpu for item in review.namespaces), default=0) or 1,
        level=lambda percent: level(percent, review.line_percent),
    )


def level(percent: float, line: int) -> str:
    """The colour of a share: over what there is, over the line, near it, or far from it."""
    if percent > 100:
        return "over"
    if percent > line:
        return "high"
    return "near" if percent > line * 0.8 else "low"


def _planned(review: Review) -> dict[str, tuple[int, int]]:
    cpu: Counter[str] = Counter()
    memory: Counter[str] = Counter()
    for phase in review.phases:
        for pod in phase.pods:
            if pod.answer == "fits" and pod.node:
                cpu[pod.node] += pod.cpu
                memory[pod.node] += pod.memory
    return {name: (cpu[name], memory[name]) for name in cpu | memory}


def _bars(node: NodeReview, planned: dict[str, tuple[int, int]]) -> tuple[Bar, Bar]:
    cpu, memory = planned.get(node.name, (0, 0))
    return (
        Bar(
            node.cpu.percent,
            _share(cpu, node.cpu),
            node.cpu.used_percent,
            f"{show_cpu(node.cpu.free)} of {show_cpu(node.cpu.allocatable)} free",
        ),
        Bar(
            node.memory.percent,
            _share(memory, node.memory),
            node.memory.used_percent,
            f"{show_bytes(node.memory.free)} of {show_bytes(node.memory.allocatable)} free",
        ),
    )


def _share(amount: int, of: Share) -> float:
    return 100 * amount / of.allocatable if of.allocatable else 0.0


def _fullness(node: NodeReview) -> float:
    return max(node.cpu.percent, node.memory.percent)
