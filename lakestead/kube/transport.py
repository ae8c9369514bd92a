"""HTTP to one API server over connections that are kept open.

The standard library's client: a request costs a third of the processor time that it costs through
urllib3 (docs/performance.md), and from 500 objects on that is what one waits for.
"""

from __future__ import annotations

import http.client
import json
import ssl
import time
from collections import deque
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from lakestead.kube.failures import refused, unreachable
from lakestead.kube.kubeconfig import Access

CONNECT_TIMEOUT = 5.0
# The API answers 429 when it is busy and says how long to wait; nothing else is tried again here, so
# that a server that is away is told of at once.
BUSY = 429
BUSY_TRIES = 4


class Transport:
    """Sends requests and counts them; any number of threads may use it.

    + requests: calls made so far
    + writes: those of them that could change something; dry runs could not
    """

    def __init__(self, access: Access) -> None:
        self.access = access
        self.requests = 0
        self.writes = 0
        self._idle: deque[http.client.HTTPConnection] = deque()
        self._tls: ssl.SSLContext | None = None
        self._prefix = urlsplit(access.configuration.host).path.rstrip("/")

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
        sent = {"Accept": "application/json", "Content-Type": "application/json", **(headers or {})}
        token = self.access.configuration.get_api_key_with_prefix("BearerToken")
        if token:
            sent["Authorization"] = token
        target = self._prefix + path + ("?" + urlencode(query, doseq=True) if query else "")
        data = None if body is None else json.dumps(body, separators=(",", ":")).encode()
        for tries in range(BUSY_TRIES + 1):
            try:
                status, answer, wait = self._exchange(method, target, data, sent, timeout)
            except (OSError, http.client.HTTPException) as error:
                raise unreachable(self.access, error, timeout) from error
            if status != BUSY or tries == BUSY_TRIES:
                break
            time.sleep(wait)
        if status >= 400:
            raise refused(self.access, method, path, status, answer)
        return answer

    def _exchange(
        self, method: str, target: str, data: bytes | None, headers: dict[str, str], timeout: float
    ) -> tuple[int, bytes, float]:
        try:
            connection = self._idle.pop()
        except IndexError:
            return self._once(self._connect(), method, target, data, headers, timeout)
        try:
            return self._once(connection, method, target, data, headers, timeout)
        except (ConnectionError, ssl.SSLEOFError, http.client.BadStatusLine):
            # The server closed a connection that was idle. What a POST would make may be there
            # already; all else can be sent again.
            if method == "POST":
                raise
        return self._once(self._connect(), method, target, data, headers, timeout)

    def _once(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        target: str,
        data: bytes | None,
        headers: dict[str, str],
        timeout: float,
    ) -> tuple[int, bytes, float]:
        try:
            connection.sock.settimeout(timeout)
            connection.request(method, target, data, headers)
            with connection.getresponse() as answer:
                body = answer.read()
                status = answer.status
                wait = answer.getheader("Retry-After") if status == BUSY else None
        except BaseException:
            connection.close()
            raise
        if connection.sock is not None:
            self._idle.append(connection)
        return status, body, float(wait) if wait and wait.isdigit() else 1.0

    def _connect(self) -> http.client.HTTPConnection:
        configuration = self.access.configuration
        url = urlsplit(configuration.host)
        at = urlsplit(configuration.proxy) if configuration.proxy else url
        made: http.client.HTTPConnection
        if url.scheme == "https":
            made = _Tls(at.hostname or "", at.port or 443, self._context(), configuration)
        else:
            made = http.client.HTTPConnection(at.hostname or "", at.port or 80, CONNECT_TIMEOUT)
        if configuration.proxy:
            made.set_tunnel(url.hostname or "", url.port or 443)
        try:
            made.connect()
        except OSError as error:
            raise unreachable(self.access, error, CONNECT_TIMEOUT) from error
        return made

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            configuration = self.access.configuration
            context = ssl.create_default_context(cafile=configuration.ssl_ca_cert or None)
            # Certificates of clusters often lack what the strict check wants of public ones.
            context.verify_flags &= ~ssl.VERIFY_X509_STRICT
            if not configuration.verify_ssl:
                context.check_hostname = False
                context.verify_mode = ssl.CERT_NONE
            if configuration.cert_file:
                context.load_cert_chain(configuration.cert_file, configuration.key_file)
            self._tls = context
        return self._tls


class _Tls(http.client.HTTPSConnection):
    """HTTPS with the kubeconfig's ``tls-server-name`` where it names one."""

    def __init__(self, host: str, port: int, context: ssl.SSLContext, configuration: Any) -> None:
        super().__init__(host, port, timeout=CONNECT_TIMEOUT, context=context)
        self._tls_context = context
        self._server_name: str = configuration.tls_server_name or ""

    def connect(self) -> None:
        http.client.HTTPConnection.connect(self)
        tunnel: str | None = getattr(self, "_tunnel_host", None)
        self.sock = self._tls_context.wrap_socket(
            self.sock, server_hostname=self._server_name or tunnel or self.host
        )
