"""One write of a run, and what taking it back means now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from lakestead.journal.undo import NOTHING, Undo
from lakestead.kube.reference import ObjectRef
from lakestead.plan.change import Action, Change

Verdict = Literal["take back", "as before", "cannot", "changed since"]


@dataclass(frozen=True, slots=True)
class Step:
    """What is done about one write.

    + change: as the plan shows it
    + do: does it; answers what it did
    + undo: how that is taken back in its turn
    + along: objects that others delete then
    """

    verdict: Verdict
    change: Change
    do: Callable[[], str] | None = None
    undo: Undo = NOTHING
    along: Sequence[ObjectRef] = ()


def as_before(kind: str, name: str, why: str = "it is as it was before") -> Step:
    """Nothing is left to be done."""
    return Step("as before", Change(kind, name, "unchanged", why=why))


def cannot(kind: str, name: str, why: str) -> Step:
    """It stays as it is."""
    return Step("cannot", Change(kind, name, "unchanged", why=f"stays: {why}"))


def changed_since(kind: str, name: str, who: str) -> Step:
    """Somebody else's work would be lost."""
    return Step("changed since", Change(kind, name, "unchanged", why=f"stays: changed by {who}"))


def take_back(
    kind: str,
    name: str,
    action: Action,
    do: Callable[[], str],
    undo: Undo,
    *,
    diff: str = "",
    why: str = "",
    along: Sequence[ObjectRef] = (),
) -> Step:
    """It is taken back by ``do``."""
    return Step("take back", Change(kind, name, action, diff, why), do, undo, along)
