"""The results as a table, and its place in docs/reliability.md."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.lab.chaos.chaos import Result
from tests.lab.chaos.fault import BY_ITSELF, Fault

BEGIN, END = "<!-- make chaos: begin -->", "<!-- make chaos: end -->"
WHEN = {"idle": "idle, then run", "running": "while it runs"}


def markdown(faults: Sequence[Fault], results: Iterable[Result]) -> str:
    """A row for each result, in the order of the faults; those without one are named below."""
    known = {(result.name, result.phase): result for result in results}
    lines = [
        "| fault | phase 1 | what it said | lost | how it got well | s |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for fault in faults:
        first = True
        for phase in ("idle", "running"):
            result = known.get((fault.name, phase))  # type: ignore[arg-type]
            if result is None:
                continue
            cells = [
                fault.what if first else "",
                WHEN[phase],
                _said(result),
                "; ".join(result.lost) or "nothing",
                _well(fault, result),
                f"{result.seconds:.0f} + {result.mended:.0f}",
            ]
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
            first = False
    missing = [fault.what for fault in faults if not any(name == fault.name for name, _ in known)]
    if missing:
        lines += ["", f"Defined, and not measured with this version: {'; '.join(missing)}."]
    return "\n".join(lines)


def write(document: Path, table: str) -> None:
    """Replace the table between the two marks."""
    before, _, rest = document.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    document.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}")


def _said(result: Result) -> str:
    if result.code == 0:
        return "done, exit code 0"
    return f"`{result.said}`, exit code {result.code}"


def _well(fault: Fault, result: Result) -> str:
    how = fault.remedy
    if result.next_code == 0 and how == BY_ITSELF and result.code:
        how += "; the next run is done"
    elif result.next_code == 0 and result.code:
        how += "; then the next run is done" if "next run" not in how else ""
    return how
