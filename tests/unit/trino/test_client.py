"""A query whose answer nobody waits for any more is cancelled."""

from __future__ import annotations

from typing import Any

import pytest
from trino.exceptions import TrinoConnectionError

from lakestead.trino.client import TrinoError, rows


class Interrupted:
    """A connection whose query ends with an error while its rows are waited for."""

    def __init__(self, error: BaseException) -> None:
        self.error = error
        self.cancelled = False

    def cursor(self) -> Interrupted:
        return self

    def execute(self, sql: str) -> None:
        """Asked."""

    def fetchall(self) -> list[Any]:
        raise self.error

    def cancel(self) -> None:
        self.cancelled = True
        raise TrinoConnectionError("nor does it answer now")


@pytest.mark.parametrize(
    ("error", "told"),
    [(KeyboardInterrupt(), KeyboardInterrupt), (TrinoConnectionError("lost"), TrinoError)],
)
def test_it_is_cancelled(error: BaseException, told: type[BaseException]) -> None:
    trino: Any = Interrupted(error)
    with pytest.raises(told):
        rows(trino, "INSERT INTO a SELECT * FROM b")
    assert trino.cancelled
