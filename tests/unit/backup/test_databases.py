"""A recovered database takes the place of the old one, or leaves that as it was."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lakestead.backup import databases
from lakestead.backup.databases import Found
from lakestead.errors import LakesteadError

OPENED = 'ALTER DATABASE "metastore" ALLOW_CONNECTIONS true'


def server(breaks: str) -> tuple[list[str], Callable[[str], list[str]]]:
    """What was asked, and a PostgreSQL that fails at the statement which contains ``breaks``."""
    asked: list[str] = []

    def query(sql: str) -> list[str]:
        asked.append(sql)
        if breaks in sql:
            raise LakesteadError("the connection is lost")
        return ["0"]

    return asked, query


@pytest.mark.parametrize("breaks", ["pg_terminate_backend", "COMMIT"])
def test_a_swap_that_fails_opens_what_it_had_closed(breaks: str) -> None:
    asked, query = server(breaks)
    with pytest.raises(LakesteadError, match="connection is lost"):
        databases.swap(query, "metastore", "copy", "aside", "20261121", Found(there=True))
    assert asked[0] == 'ALTER DATABASE "metastore" ALLOW_CONNECTIONS false'
    assert asked[-1] == OPENED


@pytest.mark.parametrize("found", [Found(there=False), Found(there=True, closed=True)])
def test_what_it_had_not_closed_stays_as_it_is(found: Found) -> None:
    asked, query = server("COMMIT")
    with pytest.raises(LakesteadError):
        databases.swap(query, "metastore", "copy", "aside", "20261121", found)
    assert OPENED not in asked
