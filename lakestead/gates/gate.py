"""A check with three answers that stands before a change."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from lakestead.errors import Refused

Answer = Literal["pass", "fail", "unknown"]


@dataclass(frozen=True, slots=True)
class Gate:
    """What a check found.

    + name: what it checks, in words
    + answer: ``unknown`` where there are no data; it blocks like ``fail``
    + looked_at: the source of what it saw
    + saw, wanted: what was there, and what would have passed
    + do: what to do about it
    + asked, seconds: how often it was asked until this answer, and how long that took
    """

    name: str
    answer: Answer
    looked_at: str
    saw: str
    wanted: str = ""
    do: str = ""
    asked: int = 1
    seconds: float = 0.0

    def __str__(self) -> str:
        return f"{self.answer:<7} {self.name}: {self.saw}"

    @property
    def last_look(self) -> str:
        """How the answer came about, where it was asked more than once."""
        return f"asked {self.asked} times in {self.seconds:g} s" if self.asked > 1 else ""


listeners: list[Callable[[Gate], None]] = []
"""Told of every gate that ``require`` gets, also in a deploy file that plain pyinfra runs."""


def require(gates: Iterable[Gate]) -> None:
    """Return if all pass; else raise one Refused with all that do not."""
    everything = list(gates)
    for listener in tuple(listeners):
        for gate in everything:
            listener(gate)
    blocking = [gate for gate in everything if gate.answer != "pass"]
    if not blocking:
        return
    if len(blocking) == 1:
        gate = blocking[0]
        raise Refused(
            f"{_headline(gate)} Nothing was changed.",
            where=gate.looked_at,
            found="\n".join(filter(None, (gate.saw, gate.last_look))),
            expected=gate.wanted,
            do=gate.do,
        )
    raise Refused(
        f"{len(blocking)} gates do not pass. Nothing was changed.",
        found="\n\n".join(_paragraph(gate) for gate in blocking),
    )


def _headline(gate: Gate) -> str:
    return f"{gate.name}? " + ("No." if gate.answer == "fail" else "Unknown.")


def _paragraph(gate: Gate) -> str:
    lines = [_headline(gate)]
    for label, text in (
        ("looked at", gate.looked_at),
        ("saw", "\n".join(filter(None, (gate.saw, gate.last_look)))),
        ("wanted", gate.wanted),
        ("do", gate.do),
    ):
        if text:
            lines.append(f"  {label + ':':<10} " + text.replace("\n", "\n" + " " * 13))
    return "\n".join(lines)
