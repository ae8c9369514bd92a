"""A table as Trino reads it against the same table as another program has read it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from lakestead.trino.client import rows

if TYPE_CHECKING:
    import pyarrow as pa
    from trino.dbapi import Connection


def differences(trino: Connection, table: str, expected: pa.Table, url: str = "") -> str:
    """What Trino reads otherwise, in words; "" where every row agrees, in whatever order.

    + table: ``CATALOG.SCHEMA.TABLE``
    + expected: all its rows
    """
    columns = ", ".join(f'"{name}"' for name in expected.column_names)
    found = rows(trino, f"SELECT {columns} FROM {table}", url)
    return unlike(found, [tuple(row.values()) for row in expected.to_pylist()])


def unlike(read: Iterable[tuple[Any, ...]], expected: Iterable[tuple[Any, ...]]) -> str:
    """What of rows that Trino has read is otherwise, in words; "" where all agree, in whatever order."""
    found, wanted = Counter(map(_plain, read)), Counter(map(_plain, expected))
    lines = [f"Trino alone has {_shown(row)}" for row in (found - wanted).elements()]
    lines += [f"Trino lacks {_shown(row)}" for row in (wanted - found).elements()]
    if len(lines) > 5:
        lines = [*lines[:5], f"and {len(lines) - 5} more"]
    return "\n".join(lines)


def _plain(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """A row of values that are equal where they mean the same."""
    return tuple(_value(value) for value in row)


def _value(value: Any) -> Any:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC)
    if isinstance(value, list):
        return tuple(map(_value, value))
    if isinstance(value, dict):
        return tuple((name, _value(item)) for name, item in value.items())
    return value


def _shown(row: tuple[Any, ...]) -> str:
    text = ", ".join(map(str, row))
    return text if len(text) <= 120 else text[:119] + "…"
