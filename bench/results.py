"""What was measured, and the document that is left of it."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path
from typing import Any

from bench import install
from bench.bars import Row, capacity_verdicts, verdicts
from bench.measure import Measured
from bench.tools import OURS
from lakestead.lab.versions import versions

PEER = {
    ("diff-unchanged", "kubectl"): "kubectl diff",
    ("apply-unchanged", "kubectl"): "kubectl apply",
    ("apply-new", "kubectl"): "kubectl apply",
}
"""A peer's name in a row, where it is not the tool's."""


class Results:
    """All measurements of one run of the benchmark.

    + pages: requests that listing the kinds takes, by number of objects
    + proxy: what the proxy adds and carries, by round trip in ms
    + lists: calls that reading a cluster takes, by its number of pods
    + hosts: of facts over SSH
    """

    def __init__(self) -> None:
        self._measured: dict[tuple[str, int, int, str], Measured] = {}
        self.pages: dict[int, int] = {}
        self.proxy: dict[int, dict[str, float]] = {}
        self.lists: dict[int, int] = {}
        self.hosts: dict[str, float] = {}

    def of(self, work: str, count: int, rtt: int, tool: str) -> Measured:
        """What one tool took for one work, to be added to."""
        return self._measured.setdefault((work, count, rtt, tool), Measured())

    def document(self, installed: install.Installed) -> dict[str, Any]:
        """What results.json holds; ``rows`` are medians."""
        rows = self._rows()
        suspects = {
            count: found.calls.get("patch (dry run)", 0)
            for (work, count, _, tool), found in self._measured.items()
            if (work, tool) == ("diff-unchanged", OURS)
        }
        return {
            "machine": machine(installed),
            "commit": _commit(),
            "rows": rows,
            "bars": [
                *verdicts(rows, self.pages, suspects),
                *capacity_verdicts(rows, self.lists),
            ],
            "hosts": self.hosts,
            "proxy": {str(rtt): found for rtt, found in self.proxy.items()},
            "details": [
                _detail(key, found) for key, found in self._measured.items() if found.seconds
            ],
        }

    def _rows(self) -> list[Row]:
        rows = []
        for (work, count, rtt, tool), peer in self._measured.items():
            ours = self._measured.get((work, count, rtt, OURS))
            if tool == OURS or ours is None or not ours.seconds or not peer.seconds:
                continue
            rows.append(
                {
                    "work": work,
                    "n": count,
                    "rtt_ms": rtt,
                    "ours_s": round(ours.median, 4),
                    "peer": PEER.get((work, tool), tool),
                    "peer_s": round(peer.median, 4),
                    "ratio": round(ours.median / peer.median, 4),
                    "api_calls": ours.requests,
                    "peer_api_calls": peer.requests,
                    "rss_mib": round(max(ours.rss_mib), 1),
                }
            )
        return sorted(rows, key=lambda row: (row["work"], row["n"], row["rtt_ms"]))


def merged(before: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    """A document with what was measured now, and of ``before`` what was not.

    A row of another run than the document's says of which commit it is; ``before`` has those runs.
    """
    measured = {_place(row) for name in ("rows", "details") for row in now[name]}
    said = {_bar(line) for line in now["bars"]}
    kept = {
        name: [
            {"commit": before["commit"], **row}
            for row in before.get(name, [])
            if _place(row) not in measured
        ]
        for name in ("rows", "details")
    }
    if not kept["rows"]:
        return now
    order = ("work", "n", "rtt_ms")
    return {
        **now,
        "rows": sorted([*now["rows"], *kept["rows"]], key=lambda row: [row[key] for key in order]),
        "bars": [*now["bars"], *(line for line in before["bars"] if _bar(line) not in said)],
        "hosts": now["hosts"] or before.get("hosts", {}),
        "proxy": {**before.get("proxy", {}), **now["proxy"]},
        "details": [*now["details"], *kept["details"]],
        "before": [
            *before.get("before", []),
            {name: before.get(name) for name in ("commit", "machine")},
        ],
    }


def _place(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["work"], row["n"], row["rtt_ms"], row.get("peer", row.get("tool"))


def _bar(line: str) -> str:
    """What a verdict is about: without the word before it and the figures behind."""
    return line.split(None, 1)[1].split(":")[0]


def machine(installed: install.Installed) -> dict[str, Any]:
    """What the figures were measured on, and with which versions."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    info = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.split(":", 1)[1].strip() for line in info if line.startswith("model name")]
    return {
        "cpu": models[0] if models else platform.machine(),
        "cores": os.cpu_count(),
        "memory_gib": round(memory / 2**30, 1),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "kubernetes": versions()["go"]["kubernetes"]["version"],
        "kapp": install.KAPP.version,
        "ansible": install.ANSIBLE,
        "kubernetes.core": installed.kubernetes_core,
        "load_1min": round(os.getloadavg()[0], 2),
    }


def _detail(key: tuple[str, int, int, str], found: Measured) -> dict[str, Any]:
    work, count, rtt, tool = key
    return {
        "work": work,
        "n": count,
        "rtt_ms": rtt,
        "tool": tool,
        "seconds": [round(seconds, 4) for seconds in found.seconds],
        "cpu_s": [round(seconds, 3) for seconds in found.cpu_s],
        "server_cpu_s": [round(seconds, 2) for seconds in found.server_cpu_s],
        "rss_mib": round(max(found.rss_mib, default=0), 1),
        "api_calls": found.calls,
    }


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    done = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True)
    return done.stdout.strip() or "unknown"
