"""How many things a plan creates, updates, deletes and leaves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lakestead.plan.change import Change


@dataclass(frozen=True, slots=True)
class Summary:
    """Changes counted by what is done.

    + create, update, delete, unchanged: changes known after apply are among them where it is certain
      what they will be
    + later: changes of which that is not known before the apply
    + wait: things that are as they should be but not ready yet
    """

    create: int = 0
    update: int = 0
    delete: int = 0
    unchanged: int = 0
    later: int = 0
    wait: int = 0

    @classmethod
    def of(cls, changes: Iterable[Change]) -> Summary:
        """Count ``changes``."""
        counts = dict.fromkeys(cls.__slots__, 0)
        for change in changes:
            kind = change.will or change.action
            counts["later" if kind == "known after apply" else kind] += 1
        return cls(**counts)

    @property
    def pending(self) -> bool:
        """Whether an apply has anything to do."""
        return bool(self.create or self.update or self.delete or self.later or self.wait)

    def __str__(self) -> str:
        line = (
            f"Plan: {self.create} to create, {self.update} to update, {self.delete} to delete, "
            f"{self.unchanged} unchanged"
        )
        if self.later:
            line += f", {self.later} known after apply"
        if self.wait:
            line += f", {self.wait} to wait for"
        return line
