"""What a fault is: how it is made, at which moment of a run, how it is mended, what is expected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from tests.lab.chaos.scene import Scene

Phase = Literal["idle", "running"]
Act = Callable[["Scene"], None]
BY_ITSELF = "by itself"
NEXT_RUN = "the next run"
HEAL = "`lakestead lab up`"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault.

    + name: for ``--only``
    + what: what happens, in words
    + breaks: makes it happen
    + at: the operation at whose beginning it happens while phase 1 runs; "" where the fault is there, or
      comes by its own clock, from the run's beginning
    + mends: what a person does, in words in ``remedy``; None where nobody has to
    + says: what a run that fails has to say, a pattern for its message
    + codes: exit codes that the run may have
    + after: those that the next run may have; 4 where a person has to decide
    + within: seconds in which the run must have ended
    + through: how the runs reach the API: ``""`` directly
    + phases: in which it is made
    """

    name: str
    what: str
    breaks: Act
    at: str = ""
    mends: Act | None = None
    remedy: str = BY_ITSELF
    says: str = ""
    codes: tuple[int, ...] = (0, 1, 4)
    within: float = 120
    through: Literal["", "proxy", "expiring", "faketime"] = ""
    phases: tuple[Phase, ...] = ("idle", "running")
    rewrites: bool = False
