"""Amounts of CPU, memory and storage in settings, written as Kubernetes writes them.

``4GB`` is refused, as Kubernetes itself refuses it: it may mean 4G or 4Gi, seven percent apart.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from lakestead.plan.quantity import millicores, parse, whole_bytes


class Quantity(str):
    """A checked Kubernetes quantity; still the text, as manifests and charts want it."""

    units: ClassVar[tuple[str, ...]]
    smallest: ClassVar[str]
    accepted: ClassVar[str]

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls.check, serialization=core_schema.to_string_ser_schema()
        )

    @classmethod
    def check(cls, value: Any) -> Quantity:
        """``value`` as this type; ValueError says what is accepted."""
        match = re.fullmatch(r"([+-]?[\d.]*\d)\s*([A-Za-z]*)", str(value).strip())
        if isinstance(value, bool) or not isinstance(value, str | int | float) or not match:
            raise ValueError(cls.accepted)
        number, unit = match.groups()
        if unit not in cls.units:
            raise ValueError(f"{cls._unknown(number, unit)}; accepted: {cls.accepted}")
        try:
            amount = parse(number + unit)
        except ValueError:
            raise ValueError(cls.accepted) from None
        if amount <= 0:
            raise ValueError(f"it must be more than 0; accepted: {cls.accepted}")
        if amount % parse(cls.smallest):
            raise ValueError(f"it is finer than {cls.smallest}; accepted: {cls.accepted}")
        return cls(number + unit)

    @classmethod
    def _unknown(cls, number: str, unit: str) -> str:
        """What is wrong with the unit, and the one that is probably meant."""
        if not unit:
            return "a unit is missing"
        letter = unit[0].upper().replace("K", "k")
        meant = next((known for known in cls.units if known in (letter + "i", letter)), None)
        like = re.fullmatch(r"[kmgtp]i?b?s?", unit, re.IGNORECASE)
        hint = f' (did you mean "{number}{meant}"?)' if meant and like else ""
        return f"the unit {unit!r} is unknown{hint}"


class Cpu(Quantity):
    """CPU: cores (``2``, ``0.5``) or thousandths of one (``500m``)."""

    units = ("", "m")
    smallest = "1m"
    accepted = 'cores ("2", "0.5") or millicores ("500m"), more than 0'

    @property
    def millicores(self) -> int:
        """Thousandths of a core."""
        return millicores(self)


class Bytes(Quantity):
    """An amount of bytes with a unit: ``512Mi``, ``4Gi``, ``1.5Gi``, ``500M``."""

    units = ("Ki", "Mi", "Gi", "Ti", "Pi", "k", "M", "G", "T", "P")
    smallest = "1"
    accepted = '"512Mi", "4Gi" and the like (Ki, Mi, Gi, Ti, or decimal k, M, G, T), more than 0'

    @property
    def bytes(self) -> int:
        """The number of bytes."""
        return whole_bytes(self)


class Memory(Bytes):
    """Main memory."""


class Storage(Bytes):
    """Room on a disk or in an object store."""
