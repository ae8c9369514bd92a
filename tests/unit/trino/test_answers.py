"""A query whose answer nobody waits for is cancelled; what the user is told to do without one."""

from __future__ import annotations

from typing import Any

import pytest
from requests.exceptions import ConnectionError as Unreachable
from trino.exceptions import TrinoConnectionError, TrinoUserError

from lakestead.trino.client import TrinoError, rows

MISTAKE = {"errorName": "COLUMN_NOT_FOUND", "message": "line 1:8: no column x", "errorCode": 47}
DENIED = {
    "errorName": "PERMISSION_DENIED",
    "message": "Access Denied: Cannot drop table sample.orders",
    "errorCode": 4,
}
AWAY = {"errorName": "HIVE_METASTORE_ERROR", "message": "Failed connecting", "errorCode": 1}
KEY = {
    "errorName": "ICEBERG_INVALID_METADATA",
    "message": "Error accessing metadata file for table sample.orders",
    "errorCode": 2,
    "errorType": "EXTERNAL",
    "failureInfo": {
        "message": "Error accessing metadata file for table sample.orders",
        "cause": {
            "message": "Failed to open S3 file",
            "cause": {"message": "null (Service: S3, Status Code: 403, Request ID: tx0)\nmore"},
        },
    },
}


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


@pytest.mark.parametrize(
    ("answer", "advice", "lasting"),
    [
        (MISTAKE, "", False),
        (DENIED, "", False),
        (AWAY, "Hive Metastore is down", False),
        (KEY, "refuses the key that Trino's pods were started with", True),
    ],
)
def test_what_the_platform_lacks_is_told(
    answer: dict[str, Any], advice: str, lasting: bool
) -> None:
    trino: Any = Interrupted(TrinoUserError(answer))
    with pytest.raises(TrinoError) as caught:
        rows(trino, "SELECT x", "https://trino.example:8443")
    assert advice in caught.value.do
    assert bool(advice) == bool(caught.value.do)
    assert caught.value.lasting is lasting
    assert caught.value.found.splitlines()[1:] == (
        ["null (Service: S3, Status Code: 403, Request ID: tx0)"] if lasting else []
    )


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
