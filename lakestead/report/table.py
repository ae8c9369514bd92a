"""A plan for a person: a table, the diffs, and the line that counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import click

from lakestead.plan.change import SIGNS, Change
from lakestead.plan.document import Operation, Plan

HEAD = ("Change", "Kind", "Name", "Why", "Waits for")
COLOURS = {
    "create": "green",
    "update": "yellow",
    "delete": "red",
    "unchanged": "blue",
    "known after apply": "cyan",
    "wait": "cyan",
}
GAP = "  "
NARROW = 12  # columns of a cell that are left when the terminal is small


def render(
    plan: Plan, *, diffs: bool = True, everything: bool = False, width: int | None = None
) -> str:
    """The whole plan as text with colours; its last line is the summary.

    + diffs: also the diff of each change
    + everything: also what is unchanged
    + width: columns of the terminal; longer cells are shortened; None for no limit
    """
    shown = list(_shown(plan.operations, everything))
    parts = []
    if shown:
        parts.append(_table(shown, width))
    if diffs:
        parts += [_diff(change) for _, changes in shown for change in changes if change.diff]
    parts.append(click.style(str(plan.summary), bold=True))
    return "\n\n".join(parts) + "\n"


def _shown(
    operations: Iterable[Operation], everything: bool
) -> Iterable[tuple[Operation, list[Change]]]:
    for item in operations:
        changes = [change for change in item.changes if everything or change.pending]
        if changes:
            yield item, changes


def _table(shown: Sequence[tuple[Operation, list[Change]]], width: int | None) -> str:
    rows = [_cells(change) for _, changes in shown for change in changes]
    used = [column for column in range(len(HEAD)) if any(row[column] for row in rows)]
    widths = {column: max(len(row[column]) for row in [HEAD, *rows]) for column in used}
    if width:
        _shrink(widths, width - len(GAP) * len(used))
    lines = [click.style(GAP + _line(HEAD, widths), bold=True)]
    for operation, changes in shown:
        title = f"{operation.operation}  ({operation.host})"
        lines.append(click.style(_short(title, width or len(title)), bold=True))
        for change in changes:
            line = GAP + _line(_cells(change), widths)
            lines.append(click.style(line, fg=COLOURS[change.action]))
    return "\n".join(lines)


def _cells(change: Change) -> tuple[str, ...]:
    why = change.why
    if change.will and change.will != change.action:
        why = f"{change.action}: {why}" if why else change.action
    cells = (_action(change), change.kind, change.name, why, change.waits_for)
    return tuple(" ".join(cell.split()) for cell in cells)


def _action(change: Change) -> str:
    action = change.will or change.action
    return f"{SIGNS[action]} {action}"


def _line(cells: Sequence[str], widths: dict[int, int]) -> str:
    return GAP.join(
        _short(cells[column], width).ljust(width) for column, width in widths.items()
    ).rstrip()


def _shrink(widths: dict[int, int], room: int) -> None:
    """Take from the widest column until all fit, or all are narrow."""
    while sum(widths.values()) > room:
        widest = max((column for column in widths if column > 0), key=lambda at: widths[at])
        if widths[widest] <= NARROW:
            return
        widths[widest] -= 1


def _short(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def _diff(change: Change) -> str:
    head = f"{_action(change)} {change.kind} {change.name}"
    if change.by:
        head += f"  (last changed by {change.by})"
    lines = [click.style(head, fg=COLOURS[change.action], bold=True)]
    for line in change.diff.splitlines():
        colour = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1])
        lines.append("    " + (click.style(line, fg=colour) if colour else line))
    return "\n".join(lines)
