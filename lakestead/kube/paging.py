"""Lists of thousands of objects, page by page: the next page is asked for while one is looked at."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from lakestead.errors import LakesteadError
from lakestead.kube.client import PAGE, Api
from lakestead.kube.failures import ApiError, ApiUnreachable

T = TypeVar("T")
TRIES = 3
PAUSE = 0.5  # seconds before a page is asked for again
GONE = 410


class ListExpired(Exception):
    """The server has forgotten the state that the list began with: it must begin anew."""


def pages(api: Api, path: str, *, timeout: float = 60) -> Iterator[list[dict[str, Any]]]:
    """The objects under ``path``, at most 500 at a time; one call a page, and no discovery.

    + path: as ``/api/v1/pods``
    + timeout: seconds between two packets of an answer

    A page that the connection lost is asked for again. Raises ListExpired where the list must begin
    anew; ``complete`` sees to that.
    """
    with ThreadPoolExecutor(1) as pool:
        coming: Future[dict[str, Any]] | None = pool.submit(_page, api, path, "", timeout)
        while coming:
            answer = coming.result()
            items = answer["items"] or []
            token = (answer.get("metadata") or {}).get("continue")
            coming = pool.submit(_page, api, path, token, timeout) if token else None
            yield items


def complete(read: Callable[[], T]) -> T:
    """What ``read`` returns; it is called again where a list expired while it was read."""
    for last in (False, False, True):
        try:
            return read()
        except ListExpired as error:
            if last:
                raise LakesteadError(
                    "The API server forgets lists before they have been read to the end",
                    where=str(error),
                    found=f"HTTP 410 Expired, {TRIES} times one after another",
                    expected="a list that can be read within five minutes, which is etcd's compaction",
                    do="try again when the server has less to do",
                ) from error
    raise AssertionError


def _page(api: Api, path: str, token: str, timeout: float) -> dict[str, Any]:
    query: dict[str, Any] = {"limit": PAGE, **({"continue": token} if token else {})}
    for tries in range(1, TRIES + 1):
        try:
            answer: dict[str, Any] = api.raw("GET", path, query=query, timeout=timeout)
        except ApiError as error:
            if error.status == GONE and token:
                raise ListExpired(path) from error
            raise
        except ApiUnreachable:
            # A server that is away is told of at once; a connection lost in between is made anew.
            if not token or tries == TRIES:
                raise
            time.sleep(PAUSE * tries)
            continue
        if not isinstance(answer, dict) or "items" not in answer:
            raise LakesteadError(
                "The API server answered something that is no list",
                where=path,
                found=str(answer)[:200],
                expected="a JSON object with items",
                do="see whether a proxy answers in its place: kubectl get --raw " + path,
            )
        return answer
    raise AssertionError
