"""Questions to Trino from the workstation, and what it says instead of an answer."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from lakestead.errors import LakesteadError
from lakestead.trino.secrets import Login

if TYPE_CHECKING:
    from trino.dbapi import Connection, Cursor
    from trino.exceptions import TrinoQueryError

_LOOK = (
    "see which of its pods run: kubectl get pods --all-namespaces "
    "--selector 'app.kubernetes.io/name in (trino-coordinator, trino-worker)'"
)
# As the AWS SDK says it. An answer says itself what is wrong, most often with the query; not with these.
_REFUSED = re.compile(r"Status Code: 403|InvalidAccessKeyId|SignatureDoesNotMatch|Access Denied")
_NEW_KEY = (
    "the gateway refuses the key that Trino's pods were started with: run deploys/phase1.py, which puts "
    "the Secret right; then restart them (docs/phase-3-trino.md)"
)
_METASTORE = "run deploys/phase1.py, which says why the Hive Metastore is down"


class TrinoError(LakesteadError):
    """Trino does not answer, or answers with an error.

    + kind: Trino's own name of the error (``SYNTAX_ERROR``); "" where it is not Trino who says it
    + lasting: whether it stays so until somebody does something
    """

    kind: str = ""
    lasting: bool = False


@contextmanager
def connected(
    url: str,
    login: Login,
    *,
    session: Mapping[str, str] | None = None,
    place: tuple[str, str] | None = None,
    timeout: float = 30,
    attempts: int = 3,
) -> Iterator[Connection]:
    """A connection; the certificate is checked against the authority in ``login``.

    + url: ``https://HOST:PORT``
    + session: properties of the session
    + place: catalog and schema of tables that are named without them
    + timeout: seconds for one request; a query has many
    + attempts: tries of one request
    """
    from requests import Session
    from trino.auth import BasicAuthentication
    from trino.dbapi import connect

    parts = urlsplit(url)
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as authority:
        authority.write(login.authority)
        authority.flush()
        http = Session()
        # REQUESTS_CA_BUNDLE and ~/.netrc would win over what is said here.
        http.trust_env = not login.authority
        http.verify = authority.name if login.authority else True
        connection = connect(
            host=parts.hostname,
            port=parts.port or 443,
            http_scheme="https",
            http_session=http,
            user=login.username,
            auth=BasicAuthentication(login.username, login.password),
            source="lakestead",
            catalog=place[0] if place else None,
            schema=place[1] if place else None,
            session_properties=dict(session or {}),
            request_timeout=timeout,
            max_attempts=attempts,
        )
        try:
            yield connection
        finally:
            connection.close()


def rows(connection: Connection, sql: str, url: str = "") -> list[tuple[Any, ...]]:
    """All rows of a query; raises TrinoError with what was said instead."""
    return answer(connection, sql, url)[0]


def answer(
    connection: Connection, sql: str, url: str = ""
) -> tuple[list[tuple[Any, ...]], Mapping[str, Any]]:
    """All rows of a query, and what Trino counted of it (``physicalInputBytes``, ``peakMemoryBytes``, …)."""
    _, found, counted = _asked(connection, sql, url)
    return found, counted


def columns(
    connection: Connection, sql: str, url: str = ""
) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Names of a query's columns, and all its rows."""
    names, found, _ = _asked(connection, sql, url)
    return names, found


def _asked(
    connection: Connection, sql: str, url: str
) -> tuple[list[str], list[tuple[Any, ...]], Mapping[str, Any]]:
    from requests.exceptions import RequestException
    from trino import exceptions

    cursor = connection.cursor()
    try:
        with _cancelling(cursor):
            cursor.execute(sql)
            found = [tuple(row) for row in cursor.fetchall()]
        names = [str(column[0]) for column in cursor.description or []]
        return names, found, cursor.stats or {}
    except exceptions.TrinoQueryError as error:
        said = "\n".join([f"{error.error_name}: {error.message}", *_cause(error)])
        raise _failure(url, said, error.error_name or "") from error
    except (exceptions.Error, exceptions.HttpError, RequestException) as error:
        raise _failure(url, _reason(error)) from error


@contextmanager
def _cancelling(cursor: Cursor) -> Iterator[None]:
    """Cancel a query for whose end nobody waits: an INSERT would go on, and write after all."""
    try:
        yield
    except BaseException:
        with suppress(Exception):
            cursor.cancel()
        raise


def who(connection: Connection, url: str) -> str:
    """The user as whom Trino takes us."""
    [[user]] = rows(connection, "SELECT current_user", url)
    return str(user)


def servers(connection: Connection, url: str) -> dict[str, int]:
    """How many coordinators and workers are active."""
    found = rows(
        connection,
        "SELECT coordinator, count(*) FROM system.runtime.nodes WHERE state = 'active' GROUP BY 1",
        url,
    )
    counted = {bool(coordinator): int(number) for coordinator, number in found}
    return {"coordinators": counted.get(True, 0), "workers": counted.get(False, 0)}


def _cause(error: TrinoQueryError) -> list[str]:
    """What the platform said at the bottom of it, a line at most; an error of the query's own says it all."""
    found: Any = error.failure_info or {}
    if error.error_type == "USER_ERROR":
        return []
    while isinstance(found.get("cause"), Mapping):
        found = found["cause"]
    said = str(found.get("message") or "").splitlines()
    return [said[0][:300]] if said and said[0] not in str(error.message) else []


def _reason(error: Exception) -> str:
    text = str(error)
    if "error 401" in text:
        return "it does not know this user and password (401)"
    if "were not loaded" in text:
        return "it is starting"
    if "certificate verify failed" in text:
        return "its certificate is not of the authority in its Secret, or not for this address"
    if "Connection refused" in text:
        return "connection refused"
    if "timed out" in text.lower() or "timeout" in text.lower():
        return "no answer in time"
    return text.splitlines()[0][:300] if text else type(error).__name__


def _failure(url: str, found: str, kind: str = "") -> TrinoError:
    error = TrinoError(
        "Trino does not answer" if not kind else "Trino answers with an error",
        where=url,
        found=found,
        do=_advice(found, kind),
    )
    error.kind, error.lasting = kind, _refused(found, kind)
    return error


def _advice(found: str, kind: str) -> str:
    if not kind:
        return _LOOK
    if _refused(found, kind):
        return _NEW_KEY
    return _METASTORE if kind == "HIVE_METASTORE_ERROR" else ""


def _refused(found: str, kind: str) -> bool:
    """Whether the gateway refuses Trino's key. Trino refuses a user in the same words, as PERMISSION_DENIED."""
    return kind not in ("", "PERMISSION_DENIED") and bool(_REFUSED.search(found))
