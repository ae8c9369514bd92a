"""An answer as a short text, so that it can be compared with one of another day or machine."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any


def checksum(rows: Iterable[Sequence[Any]]) -> str:
    """Of all rows, in whatever order they came.

    Sums and averages in TPC-H's queries are decimals of a fixed scale, so that their text is the same
    wherever they are computed.
    """
    lines = sorted("\t".join("" if cell is None else str(cell) for cell in row) for row in rows)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]
