"""A capacity review as text; the page is looked at in tests/page."""

from __future__ import annotations

import re

import click
import pytest

from lakestead.report.capacity import bar, render
from tests.page.homelab import homelab


def test_the_tables() -> None:
    text = click.unstyle(render(homelab(workers=3)))
    for line in (
        "anton: 5 nodes (1 closed), 46 pods. 43.4 cores and 171.5Gi on open nodes: "
        "39 % and 48 % requested, use unknown.",
        "1 pods wait for a node already: media/<transcoder>-7",
        "not known to both: host nas is no node of the cluster",
        "unknown: use of worker-3",
        "1 of 6 planned pods cannot be sure of a node: trino-worker-3",
    ):
        assert line in text, text
    assert re.search(r"^worker-2 .* up to \d+, as ", text, re.MULTILINE)
    assert "  ?  " in next(line for line in text.splitlines() if line.startswith("worker-3 "))


def test_of_many_nodes_the_fullest() -> None:
    review = homelab(extra=100)
    text = click.unstyle(render(review))
    assert "(85 more nodes: --all)" in text
    assert "(those that hold the most; 101 more not looked at)" in text
    assert len(render(review, everything=True).splitlines()) > 140


@pytest.mark.parametrize(
    ("percent", "shown"),
    [(0, "░" * 10), (34, "███░░░░░░░"), (100, "█" * 10), (250, "█" * 10), (-5, "░" * 10)],
)
def test_bars(percent: float, shown: str) -> None:
    assert bar(percent) == shown
