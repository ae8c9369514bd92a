"""What the product promises, as ratios to a peer in the same run (issue 4), and what came of it."""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]

RATIOS = {
    ("diff-unchanged", 500, 0, "kubectl diff"): 1 / 2,
    ("diff-unchanged", 500, 20, "kubectl diff"): 1 / 10,
    ("diff-unchanged", 5000, 0, "kubectl diff"): 1 / 5,
    ("diff-unchanged", 5000, 20, "kubectl diff"): 1 / 30,
    ("apply-unchanged", 500, 0, "kubectl apply"): 1.0,
    ("apply-unchanged", 500, 20, "kubectl apply"): 1 / 5,
    ("apply-new", 500, 0, "kubectl apply"): 1.2,
    ("apply-new", 500, 20, "kubectl apply"): 1 / 2,
    ("capacity", 30000, 0, "floor"): 2.0,
}
HELP_S = 0.2
RSS_MIB = 300
CAPACITY_RSS_MIB = 400


def key(row: Row) -> tuple[str, int, int, str]:
    """What a row measures."""
    return row["work"], row["n"], row["rtt_ms"], row["peer"]


def verdicts(rows: list[Row], pages: dict[int, int], suspects: dict[int, int]) -> list[str]:
    """One line a promise: met or missed, and by how much.

    + pages: requests that listing the kinds takes, by number of objects
    + suspects: dry runs that the diff made, by number of objects
    """
    lines = []
    for row in rows:
        bar = RATIOS.get(key(row))
        if bar is not None:
            what = f"{row['work']}, N = {row['n']}, {row['rtt_ms']} ms, against {row['peer']}"
            lines.append(_line(what, row["ratio"], bar, "times"))
    diffs = [row for row in rows if row["work"] == "diff-unchanged"]
    for count in sorted(pages):
        ours = [row for row in diffs if row["n"] == count]
        if ours:
            calls, bar = ours[0]["api_calls"], 2 + pages[count] + suspects[count]
            what = (
                f"API calls of a diff, N = {count}: 2 + {pages[count]} pages "
                f"+ {suspects[count]} suspects"
            )
            lines.append(_line(what, calls, bar, "calls"))
    large = [row["rss_mib"] for row in diffs if row["n"] == 5000]
    if large:
        lines.append(_line("memory of a diff, N = 5000", max(large), RSS_MIB, "MiB"))
    for row in rows:
        if row["work"] == "help" and row["peer"] == "floor":
            lines.append(_line("lakestead --help", row["ours_s"], HELP_S, "s"))
    return lines


def capacity_verdicts(rows: list[Row], lists: dict[int, int]) -> list[str]:
    """Calls and memory of a capacity review.

    + lists: pages that the lists have, by number of pods
    """
    lines = []
    for row in rows:
        if row["work"] == "capacity" and row["peer"] == "floor":
            what = f"capacity of {row['n']} pods"
            bar = lists[row["n"]]
            lines.append(_line(f"API calls, {what}: pages", row["api_calls"], bar, "calls"))
            if row["n"] <= 30000:
                lines.append(_line(f"memory, {what}", row["rss_mib"], CAPACITY_RSS_MIB, "MiB"))
    return lines


def _line(what: str, value: float, bar: float, unit: str) -> str:
    verdict = "met   " if value <= bar else "MISSED"
    off = "" if value <= bar else f", {value / bar:.2f} times the bar"
    return f"{verdict}  {what}: {value:.3g} {unit}, at most {bar:.3g}{off}"
