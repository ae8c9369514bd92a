"""What the user is told to do when Trino does not answer, and when it does."""

from __future__ import annotations

from typing import Any

import pytest
from requests.exceptions import ConnectionError as Unreachable
from trino.exceptions import TrinoUserError

from lakestead.trino.client import TrinoError, rows

MISTAKE = {"errorName": "COLUMN_NOT_FOUND", "message": "line 1:8: no column x", "errorCode": 47}


@pytest.mark.parametrize(
    ("raised", "kind", "at_pods"),
    [
        (Unreachable("Connection refused"), "", True),
        (TrinoUserError(MISTAKE), "COLUMN_NOT_FOUND", False),
    ],
)
def test_pods_are_looked_at_where_there_is_no_answer(
    raised: Exception, kind: str, at_pods: bool
) -> None:
    class Asked:
        def cursor(self) -> Asked:
            return self

        def cancel(self) -> None:
            pass

        def execute(self, sql: str) -> None:
            raise raised

    asked: Any = Asked()
    with pytest.raises(TrinoError) as caught:
        rows(asked, "SELECT x", "https://trino.example:8443")
    assert caught.value.kind == kind
    assert ("kubectl" in str(caught.value)) is at_pods
    assert "data-platform" not in str(caught.value)
