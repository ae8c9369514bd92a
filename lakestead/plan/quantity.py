"""Kubernetes quantities: ``200m``, ``4Gi``, ``1.5``, ``1e3``.

Grammar: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache

BINARY: dict[str, int] = {
    suffix: 1024**power for power, suffix in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"), 1)
}
DECIMAL = {
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    "": Decimal(1),
    "k": Decimal(10**3),
    "M": Decimal(10**6),
    "G": Decimal(10**9),
    "T": Decimal(10**12),
    "P": Decimal(10**15),
    "E": Decimal(10**18),
}
_FORM = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|([A-Za-z]*))")


def parse(text: str | int | float) -> Decimal:
    """The number that a quantity stands for: bytes, cores or whatever its field counts.

    Raises ValueError for anything that the API server would not take.
    """
    match = _FORM.fullmatch(str(text))
    if match is None:
        raise ValueError(f"{text!r} is not a quantity")
    number, exponent, suffix = match.groups()
    if exponent:
        return Decimal(f"{number}{exponent}")
    if suffix in BINARY:
        return Decimal(number) * BINARY[suffix]
    if suffix in DECIMAL:
        return Decimal(number) * DECIMAL[suffix]
    raise ValueError(f"{text!r} has the unknown unit {suffix!r}")


@lru_cache(65536)  # thousands of pods request the same few quantities
def millicores(text: str | int | float) -> int:
    """A CPU quantity in thousandths of a core, rounded up as the scheduler does."""
    return _up(parse(text) * 1000)


@lru_cache(65536)
def whole_bytes(text: str | int | float) -> int:
    """A memory or storage quantity in bytes, rounded up."""
    return _up(parse(text))


def show_bytes(count: int) -> str:
    """Bytes for a person: ``4.0Gi``, ``768Mi``, ``-1.5Gi``."""
    for suffix in ("Ti", "Gi"):
        if abs(count) >= BINARY[suffix]:
            return f"{count / BINARY[suffix]:.1f}{suffix}"
    return f"{count / BINARY['Mi']:.0f}Mi"


def show_cores(count: int) -> str:
    """Millicores for a person: ``2000m`` is ``2``, ``200m`` stays."""
    return str(count // 1000) if count % 1000 == 0 else f"{count}m"


def show_cpu(count: int) -> str:
    """Millicores for a table of many: ``78.3``, and below one core ``200m``."""
    if abs(count) < 1000:
        return f"{count}m" if count else "0"
    return f"{count / 1000:.1f}".removesuffix(".0")


def _up(number: Decimal) -> int:
    return int(number.to_integral_value(rounding="ROUND_CEILING"))
