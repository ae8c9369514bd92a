"""Amounts of what pods request and nodes have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from lakestead.plan.quantity import millicores, whole_bytes


@dataclass(frozen=True, slots=True)
class Amount:
    """CPU in millicores, memory in bytes, and anything else by its name.

    + other: ``ephemeral-storage``, huge pages, extended resources as ``nvidia.com/gpu``
    """

    cpu: int = 0
    memory: int = 0
    other: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: Amount) -> Amount:
        if not other.other:
            return Amount(self.cpu + other.cpu, self.memory + other.memory, self.other)
        return Amount(
            self.cpu + other.cpu,
            self.memory + other.memory,
            {
                name: self.other.get(name, 0) + other.other.get(name, 0)
                for name in {**self.other, **other.other}
            },
        )

    def __sub__(self, other: Amount) -> Amount:
        if not other.other:
            return Amount(self.cpu - other.cpu, self.memory - other.memory, self.other)
        return self + Amount(
            -other.cpu, -other.memory, {name: -count for name, count in other.other.items()}
        )

    def at_least(self, other: Amount) -> Amount:
        """The larger of both, each for itself; what is 0 afterwards and has a name is left out."""
        if self is other:
            return self
        cpu, memory = max(self.cpu, other.cpu), max(self.memory, other.memory)
        if not self.other and not other.other:
            return Amount(cpu, memory)
        both = {
            name: max(self.other.get(name, 0), other.other.get(name, 0))
            for name in {**self.other, **other.other}
        }
        return Amount(cpu, memory, {name: count for name, count in both.items() if count})

    def covers(self, other: Amount) -> bool:
        """Whether ``other`` fits into this."""
        return (
            self.cpu >= other.cpu
            and self.memory >= other.memory
            and all(self.other.get(name, 0) >= count for name, count in other.other.items())
        )

    def has_room_for(self, wanted: Amount) -> bool:
        """Whether nothing is missing for ``wanted``."""
        if (wanted.cpu and wanted.cpu > self.cpu) or (
            wanted.memory and wanted.memory > self.memory
        ):
            return False
        return not wanted.other or not self.missing(wanted).other

    def missing(self, wanted: Amount) -> Amount:
        """How much more would be needed for ``wanted``. What it does not ask for may be overcommitted.

        Source: fitsRequest in pkg/scheduler/framework/plugins/noderesources.
        """
        short = {
            name: count - self.other.get(name, 0)
            for name, count in wanted.other.items()
            if count > max(self.other.get(name, 0), 0)
        }
        return Amount(
            max(wanted.cpu - self.cpu, 0) if wanted.cpu else 0,
            max(wanted.memory - self.memory, 0) if wanted.memory else 0,
            short,
        )


NOTHING = Amount()


def together(amounts: Iterable[Amount]) -> Amount:
    """All of them added up."""
    cpu = memory = 0
    other: dict[str, int] = {}
    for one in amounts:
        cpu += one.cpu
        memory += one.memory
        if one.other:
            for name, count in one.other.items():
                other[name] = other.get(name, 0) + count
    return Amount(cpu, memory, other)


def amount(resources: Mapping[str, Any] | None) -> Amount:
    """``{"cpu": "200m", "memory": "4Gi"}`` as numbers; ``pods`` is not among them.

    The same resources are the same object: thousands of pods ask for the same few.
    """
    return _amount(tuple(resources.items())) if resources else NOTHING


@lru_cache(65536)
def _amount(resources: tuple[tuple[str, Any], ...]) -> Amount:
    cpu = memory = 0
    other: dict[str, int] = {}
    for name, text in resources:
        if name == "cpu":
            cpu = millicores(text)
        elif name == "memory":
            memory = whole_bytes(text)
        elif name != "pods":
            other[name] = whole_bytes(text)
    return Amount(cpu, memory, other)
