"""How one write can be taken back, decided before it is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["object", "git", "bucket", "rgw-user", "database", "role", "none"]


@dataclass(frozen=True, slots=True)
class Undo:
    """What a write needs to be taken back; JSON can say all of it, and nothing in it is secret.

    + kind: which rule takes it back; ``none`` where there is nothing to take back, as for a wait
    + target: what is written, by the names that the rule needs: for an object ``apiVersion``,
      ``kind``, ``namespace``, ``name``; for Git ``url`` and ``branch``
    + before: an object's state before, without noise; None where it was not there; never a Secret's
    + cannot: why it cannot be taken back; empty where it can
    + managed: who owned which of an object's fields before (its ``managedFields``)
    """

    kind: Kind
    target: Mapping[str, str] = field(default_factory=dict)
    before: Mapping[str, Any] | None = None
    cannot: str = ""
    managed: Sequence[Mapping[str, Any]] = ()

    def as_json(self) -> dict[str, Any]:
        """What the journal keeps of it."""
        return {
            "kind": self.kind,
            "target": dict(self.target),
            "before": None if self.before is None else dict(self.before),
            "cannot": self.cannot,
            "managed": list(self.managed),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Undo:
        """The Undo that ``as_json`` was."""
        return cls(
            data["kind"],
            data["target"],
            data["before"],
            data["cannot"],
            tuple(data.get("managed") or ()),
        )


NOTHING = Undo("none")
"""Of a command that writes nothing, as a wait."""

DATA = Undo("none", cannot="data are never deleted by a rollback")
"""Of what holds a user's data: a table, a snapshot, an object in a bucket."""
