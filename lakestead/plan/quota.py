"""How much a user or a bucket may hold."""

from __future__ import annotations

from dataclasses import dataclass

from lakestead.plan.quantity import BINARY

UNLIMITED = -1


@dataclass(frozen=True, slots=True)
class Quota:
    """A quota as the object gateway keeps it; one that limits nothing is a disabled one.

    + max_size: bytes, or UNLIMITED
    + max_objects: number of objects, or UNLIMITED
    """

    max_size: int = UNLIMITED
    max_objects: int = UNLIMITED

    def __str__(self) -> str:
        if self == Quota():
            return "unlimited"
        size = "any size" if self.max_size == UNLIMITED else _exactly(self.max_size)
        objects = "any number of" if self.max_objects == UNLIMITED else f"{self.max_objects}"
        return f"{size}, {objects} objects"


def _exactly(count: int) -> str:
    """Bytes in the largest unit that holds them without a rest."""
    for suffix in ("Ti", "Gi", "Mi", "Ki"):
        if count and count % BINARY[suffix] == 0:
            return f"{count // BINARY[suffix]}{suffix}"
    return f"{count} bytes"


def as_stored(*, enabled: bool, max_size: int, max_objects: int) -> Quota:
    """A quota that the gateway answered; every negative number means unlimited there.

    Ceph turns a size of -1 KiB into -1024 bytes (``lakestead.rgw.quirks``).
    """
    if not enabled:
        return Quota()
    return Quota(max(max_size, UNLIMITED), max(max_objects, UNLIMITED))
