"""One thing that will be created, updated, deleted or left as it is."""

from __future__ import annotations

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
    """

    kind: str
    name: str
    action: Action
    diff: str = ""
    why: str = ""

    @property
    def pending(self) -> bool:
        """Whether this change writes something."""
        return self.action != "unchanged"

    def __str__(self) -> str:
        line = f"{SIGNS[self.action]} {self.action:<9} {self.kind} {self.name}"
        return f"{line}  ({self.why})" if self.why else line
