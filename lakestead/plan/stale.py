"""Whether what would be done now is what a plan said."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from lakestead.plan.change import Change
from lakestead.plan.document import Operation

Key = tuple[str, str, str, str]
"""Host, operation, kind and name."""

Verdict = Literal["as planned", "done", "goes on", "stale"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as the plan said.

    + planned, now: None where the one or the other has no such change
    """

    planned: Change | None
    now: Change | None

    def __str__(self) -> str:
        sample = self.now or self.planned
        assert sample is not None
        text = f"{sample.kind} {sample.name}: {self._what()}"
        return f"{text}; last changed by {self.now.by}" if self.now and self.now.by else text

    def _what(self) -> str:
        if self.planned is None and self.now is not None:
            return f"not in the plan, now to {_words(self.now)}"
        if self.planned is not None and self.now is None:
            return f"planned to {_words(self.planned)}, now not looked at"
        assert self.planned is not None
        assert self.now is not None
        if self.planned.action != self.now.action:
            return f"planned to {_words(self.planned)}, now to {_words(self.now)}"
        if self.planned.before != self.now.before:
            return f"to {_words(self.planned)}, but it has been changed since"
        return f"to {_words(self.planned)}, but to something else than planned"


def compare(
    planned: Sequence[Operation], now: Sequence[Operation], *, goes_on: bool = False
) -> tuple[Verdict, list[Difference]]:
    """What has become of a plan.

    + planned: the plan's operations
    + now: those of a plan made now
    + goes_on: a run of this very plan was broken off: what it has done is no difference
    """
    pairs = list(_pairs(planned, now))
    differences = [Difference(*pair) for pair in pairs if not _same(*pair)]
    if not differences:
        return "as planned", []
    pending = [pair for pair in pairs if any(item and item.pending for item in pair)]
    if all(_done(*pair) for pair in pending):
        return "done", []
    if goes_on and all(now is None or allowed(planned, now) for planned, now in pending):
        return "goes on", []
    return "stale", differences


def allowed(planned: Change | None, now: Change, *, touched: bool = False) -> bool:
    """Whether what is to be done ``now``, in the middle of an apply, is what was planned.

    + planned: None where the plan has no such change
    + touched: whether an earlier operation of the same run has written the same thing; then it is
      another state that is changed, and only a deletion must have been planned as one
    """
    if now.action in ("unchanged", "wait"):
        return True
    if planned is None or _idle(planned):
        return False
    if planned.action == now.action:
        return touched or _lines(planned.diff) == _lines(now.diff)
    if now.action == "delete" or planned.action == "delete":
        return False
    if "known after apply" in (planned.action, now.action):
        return planned.will in ("", now.action) or now.action == "known after apply" or touched
    return touched


def by_key(operations: Iterable[Operation]) -> dict[Key, list[Change]]:
    """Changes by what they are for; several where one thing is changed in several steps."""
    found: dict[Key, list[Change]] = defaultdict(list)
    for item in operations:
        for change in item.changes:
            found[(item.host, item.operation, change.kind, change.name)].append(change)
    return found


def _pairs(
    planned: Sequence[Operation], now: Sequence[Operation]
) -> Iterator[tuple[Change | None, Change | None]]:
    before, after = by_key(planned), by_key(now)
    for key in dict.fromkeys([*before, *after]):
        old, new = before.get(key, []), after.get(key, [])
        for number in range(max(len(old), len(new))):
            yield (
                old[number] if number < len(old) else None,
                new[number] if number < len(new) else None,
            )


def _same(planned: Change | None, now: Change | None) -> bool:
    if planned is None or now is None:
        rest = planned or now
        return rest is None or _idle(rest)
    if _idle(planned) or _idle(now):
        return _idle(planned) and _idle(now)
    return (planned.action, planned.diff, planned.before) == (now.action, now.diff, now.before)


def _done(planned: Change | None, now: Change | None) -> bool:
    """Whether nothing of what was planned is left to do, and nothing else has come up."""
    return now is None or _idle(now)


def _idle(change: Change) -> bool:
    """Nothing is written: it is as it should be, or only waited for."""
    return change.action in ("unchanged", "wait")


def _lines(diff: str) -> list[str]:
    """What a diff takes away and puts in, wherever that stands."""
    return sorted(
        line
        for line in diff.splitlines()
        if line.startswith(("+", "-")) and not line.startswith(("+++ ", "--- "))
    )


def _words(change: Change) -> str:
    return {
        "unchanged": "be left as it is",
        "known after apply": "be known after apply",
        "wait": "be waited for",
    }.get(change.action, change.action)
