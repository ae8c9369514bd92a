"""Progress of the lab's steps: a live table on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType

from rich.console import Console, RenderableType
from rich.live import Live
from rich.table import Table

from lakestead.lab.steps import Part

_LOOK = {
    "waiting": ("·", "dim"),
    "running": ("▶", "cyan"),
    "done": ("✔", "green"),
    "failed": ("✘", "bold red"),
    "not started": ("·", "dim"),
}


_QUIET = 5.0  # seconds between two lines on what a running part waits for


class Lines:
    """One line when a part starts and ends, and now and then on what it does or waits for."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._said: dict[str, tuple[str, str]] = {}
        self._when: dict[str, float] = {}

    def __enter__(self) -> Lines:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def changed(self, part: Part) -> None:
        news = (part.state, part.detail if part.state in ("running", "failed") else "")
        if part.state == "waiting" or self._said.get(part.name) == news:
            return
        now = time.monotonic()
        same_state = self._said.get(part.name, ("",))[0] == part.state
        if same_state and now - self._when[part.name] < _QUIET:
            return
        self._said[part.name], self._when[part.name] = news, now
        since = now - self._began
        took = f" after {part.elapsed:.1f} s" if part.state in ("done", "failed") else ""
        detail = f": {part.detail}" if news[1] else ""
        sys.stdout.write(f"{since:7.1f} s  {part.name:<28} {part.state}{took}{detail}\n")
        sys.stdout.flush()


class LiveTable:
    """All parts as one table that is drawn anew as they change."""

    def __init__(self, console: Console) -> None:
        self._began = time.monotonic()
        self._parts: dict[str, Part] = {}
        self._live = Live(
            get_renderable=self._table, console=console, refresh_per_second=4, transient=False
        )

    def __enter__(self) -> LiveTable:
        self._live.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.__exit__(kind, error, trace)

    def changed(self, part: Part) -> None:
        self._parts[part.name] = part

    def _table(self) -> RenderableType:
        table = Table(box=None, pad_edge=False, caption=self._summary(), caption_justify="left")
        for title in ("", "part", "time", "now"):
            table.add_column(title, justify="right" if title == "time" else "left", no_wrap=True)
        for part in self._visible():
            mark, style = _LOOK[part.state]
            elapsed = f"{part.elapsed:.1f} s" if part.started else ""
            table.add_row(mark, part.name, elapsed, self._now(part), style=style)
        return table

    def _visible(self) -> list[Part]:
        """All parts, or where they are more than fit: those that are not done."""
        parts = list(self._parts.values())
        room = max(5, self._live.console.height - 4)
        if len(parts) > room:
            parts = [p for p in parts if p.state in ("running", "failed")] + [
                p for p in parts if p.state == "waiting"
            ]
        return parts[:room]

    def _now(self, part: Part) -> str:
        if part.state != "waiting":
            return part.detail if part.state != "done" else ""
        missing = [need for need in part.needs if self._parts[need].state != "done"]
        return f"waits for {', '.join(missing)}" if missing else "waits for its turn"

    def _summary(self) -> str:
        done = sum(part.state == "done" for part in self._parts.values())
        return f"{done} of {len(self._parts)} parts, {time.monotonic() - self._began:.0f} s"


def progress() -> Lines | LiveTable:
    """The live table where standard output is a terminal, else plain lines."""
    if sys.stdout.isatty():
        return LiveTable(Console())
    return Lines()
