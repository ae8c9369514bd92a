"""What is shown of a chain of killed runs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from tests.lab.kill.runs import Ended

DEAD = re.compile(
    r"Run (\S+) of .* did not end: (\d+ writes? (?:was|were) done(?:, \d+ in flight)?)"
)


def says_of(dead: Ended, following: Ended) -> str:
    """What a run says of the one that was killed before it; "" where it says nothing."""
    return next((told for run, told in DEAD.findall(following.said) if run == dead.run_id), "")


def row(number: int, ended: Ended, last: Ended | None) -> dict[str, Any]:
    """A run, as it is kept."""
    lock = "takes the lock of a run that is gone" in ended.said
    told = says_of(last, ended) if last else ""
    if last and (last.done or last.in_flight) and not told:
        told = "NOTHING"
    return {
        "run": number,
        "n": ended.killed[0].number if ended.killed else len(ended.writes),
        "write": ended.killed[0].what if ended.killed else "",
        "variant": ended.killed[1] if ended.killed else "",
        "rc": ended.rc,
        "seconds": round(ended.seconds, 1),
        "journal": f"{len(ended.done)} done, {len(ended.in_flight)} in flight"
        if ended.run_id
        else "none",
        "in flight": ended.in_flight[:3],
        "lock": lock,
        "told": told,
        "traceback": "Traceback" in ended.said,
    }


def markdown(rows: Iterable[Mapping[str, Any]]) -> str:
    """The table of a chain; what the next run said stands beside the kill."""
    kept = list(rows)
    lines = [
        "| run | n | write at which it was killed | variant | its journal | the next run said | took the lock over |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for this, following in zip(kept, [*kept[1:], None], strict=True):
        told = following["told"] if following else ""
        lock = "yes" if following and following["lock"] else ""
        what = f"`{this['write']}`" if this["write"] else f"none: it ended, exit code {this['rc']}"
        lines.append(
            f"| {this['run']} | {this['n']} | {what} | {this['variant']} | {this['journal']} | {told} | {lock} |"
        )
    return "\n".join(lines)
