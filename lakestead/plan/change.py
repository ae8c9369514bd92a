"""One thing that will be created, updated, deleted or left as it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Action = Literal["create", "update", "delete", "unchanged", "known after apply", "wait"]

SIGNS: dict[Action, str] = {
    "create": "+",
    "update": "~",
    "delete": "-",
    "unchanged": "=",
    "known after apply": "?",
    "wait": "*",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One thing and what will be done with it.

    + kind: what it is, in the field's words: ``Bucket``, ``Deployment``
    + name: its name, with the namespace where it has one: ``storage/rook-ceph-tools``
    + action: what will be done; ``known after apply`` where it needs something that an earlier step
      of the same run makes, ``wait`` where it is as it should be but not ready yet
    + diff: a unified diff, secrets masked
    + why: one short reason, where it is not plain
    + waits_for: what will be waited for afterwards, in words: ``3 of 3 pods ready``
    + before: a fingerprint of what is there now, so that a saved plan can be told stale: the sha256 of
      the noise-free object, ``uid/resourceVersion`` for Secrets, the commit for Git; empty where
      nothing is there
    + by: who last changed it, where that is known: a field manager and when, a commit's author
    + will: what a change known after apply will be, where that much is certain: ``create``
    """

    kind: str
    name: str
    action: Action
    diff: str = ""
    why: str = ""
    waits_for: str = ""
    before: str = ""
    by: str = ""
    will: Literal["", "create", "update", "delete", "unchanged"] = ""

    @property
    def pending(self) -> bool:
        """Whether this change writes something."""
        return self.action != "unchanged"

    def __str__(self) -> str:
        line = f"{SIGNS[self.action]} {self.action:<9} {self.kind} {self.name}"
        said = [self.why] if self.why else []
        if self.waits_for:
            said.append(f"then waits for {self.waits_for}")
        return f"{line}  ({'; '.join(said)})" if said else line


def with_unchanged(changes: Iterable[Change], *things: tuple[str, str]) -> list[Change]:
    """``changes``, and what of ``things`` they are not about, as unchanged.

    + things: kind and name; those of which the kind or a setting of it is changed are left out
    """
    pending = list(changes)
    touched = {(change.kind.rpartition(" of ")[2], change.name) for change in pending}
    left = [Change(*thing, "unchanged") for thing in things if thing not in touched]
    return [*pending, *left]
