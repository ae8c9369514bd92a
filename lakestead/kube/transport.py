"""HTTP to one API server, by the official client's configuration and connection pool."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import urllib3
from kubernetes.client import ApiClient
from urllib3.exceptions import HTTPError, MaxRetryError, ProtocolError

from lakestead.kube.failures import refused, unreachable
from lakestead.kube.kubeconfig import Access

CONNECT_TIMEOUT = 5.0

# The API answers 429 when it is busy and says how long to wait; nothing else is tried again here, so
# that a server that is away is told of at once.
RETRIES = urllib3.Retry(
    total=4,
    connect=0,
    read=0,
    redirect=0,
    status=4,
    other=0,
    status_forcelist=(429,),
    allowed_methods=None,
    raise_on_status=False,
)


class Transport:
    """Sends requests and counts them.

    + requests: calls made so far
    + writes: those of them that could change something; dry runs could not
    """

    def __init__(self, access: Access) -> None:
        self.access = access
        self.requests = 0
        self.writes = 0
        configuration = access.configuration
        configuration.retries = RETRIES
        configuration.connection_pool_maxsize = 32
        self._client = ApiClient(configuration)
        self._pool: urllib3.PoolManager = self._client.rest_client.pool_manager

    def send(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None,
        body: Any,
        headers: Mapping[str, str] | None,
        timeout: float,
    ) -> bytes:
        """The answer's body; ApiError for a status of 400 or more, ApiUnreachable for no answer."""
        self.requests += 1
        if method != "GET" and "dryRun" not in (query or {}):
            self.writes += 1
        configuration = self.access.configuration
        sent = {"Accept": "application/json", "Content-Type": "application/json", **(headers or {})}
        token = configuration.get_api_key_with_prefix("BearerToken")
        if token:
            sent["Authorization"] = token
        url = configuration.host + path + ("?" + urlencode(query, doseq=True) if query else "")
        data = None if body is None else json.dumps(body).encode()
        try:
            answer = self._once_or_twice(method, url, data, sent, timeout)
        except HTTPError as error:
            raise unreachable(self.access, error, timeout) from error
        if answer.status >= 400:
            raise refused(self.access, method, path, answer.status, answer.data)
        return answer.data

    def _once_or_twice(
        self, method: str, url: str, data: bytes | None, headers: dict[str, str], timeout: float
    ) -> urllib3.BaseHTTPResponse:
        limits = urllib3.Timeout(connect=CONNECT_TIMEOUT, read=timeout)
        try:
            return self._pool.request(method, url, body=data, headers=headers, timeout=limits)
        except MaxRetryError as error:
            # The server closed a connection that was idle in the pool. What a POST would make may
            # be there already; all else can be sent again.
            if method == "POST" or not isinstance(error.reason, ProtocolError):
                raise
            return self._pool.request(method, url, body=data, headers=headers, timeout=limits)
