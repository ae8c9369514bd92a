"""A promise that was not kept is told."""

from __future__ import annotations

from typing import Any

import pytest

from bench.bars import verdicts

ROW: dict[str, Any] = {
    "work": "diff-unchanged",
    "n": 500,
    "rtt_ms": 0,
    "ours_s": 1.0,
    "peer": "kubectl diff",
    "peer_s": 4.0,
    "ratio": 0.25,
    "api_calls": 29,
    "peer_api_calls": 1000,
    "rss_mib": 70.0,
}


@pytest.mark.parametrize(
    ("changed", "missed"),
    [
        ({}, ""),
        ({"ratio": 0.6}, "against kubectl diff: 0.6 times, at most 0.5, 1.20 times the bar"),
        ({"rtt_ms": 20}, "against kubectl diff: 0.25 times, at most 0.1, 2.50 times the bar"),
        ({"api_calls": 40}, "2 + 27 pages + 10 suspects: 40 calls, at most 39"),
        ({"n": 5000, "ratio": 0.1, "rss_mib": 301}, "memory of a diff, N = 5000: 301 MiB"),
        ({"work": "help", "n": 0, "peer": "floor", "ours_s": 0.25}, "--help: 0.25 s, at most 0.2"),
    ],
)
def test_what_was_missed(changed: dict[str, Any], missed: str) -> None:
    lines = verdicts([{**ROW, **changed}], {500: 27, 5000: 27}, {500: 10, 5000: 10})

    assert lines
    found = [line for line in lines if line.startswith("MISSED")]
    assert [missed in line for line in found] == ([True] if missed else [])
