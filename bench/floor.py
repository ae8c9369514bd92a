"""The floor: the requests that any client must make, and nothing done with the answers.

python -I floor.py SERVER CA CERTIFICATE KEY REQUESTS

REQUESTS is a JSON file: stages, one after another, each a list of [METHOD, PATH, BODY or null], sent
over 16 connections. Lists are followed page by page.
"""

import http.client
import json
import queue
import re
import ssl
import sys
import threading
from urllib.parse import urlsplit

CONNECTIONS = 16
_CONTINUE = re.compile(rb'"continue":"([^"]+)"')

Request = tuple[str, str, object]


class Client:
    """Sends stages of requests over connections that are kept open."""

    def __init__(self, server: str, authority: str, certificate: str, key: str) -> None:
        self._host = urlsplit(server).netloc
        self._tls = ssl.create_default_context(cafile=authority)
        self._tls.load_cert_chain(certificate, key)
        self._idle: list[http.client.HTTPSConnection] = []

    def send(self, stage: list[Request]) -> list[tuple[int, bytes]]:
        """Status and body of each request's answer, of lists the last page."""
        waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
        for index in range(len(stage)):
            waiting.put(index)
        answers: list[tuple[int, bytes]] = [(0, b"")] * len(stage)

        def work() -> None:
            connection = (
                self._idle.pop()
                if self._idle
                else http.client.HTTPSConnection(self._host, context=self._tls)
            )
            while True:
                try:
                    index = waiting.get_nowait()
                except queue.Empty:
                    break
                answers[index] = _exchange(connection, *stage[index])
            self._idle.append(connection)

        threads = [threading.Thread(target=work) for _ in range(min(CONNECTIONS, len(stage)))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return answers


def _exchange(
    connection: http.client.HTTPSConnection, method: str, path: str, body: object
) -> tuple[int, bytes]:
    headers = {
        "Accept": "application/json",
        "Content-Type": {
            "PATCH": "application/merge-patch+json" if "fieldManager" not in path
            else "application/apply-patch+yaml",
        }.get(method, "application/json"),
    }  # fmt: skip
    if path in ("/api", "/apis"):
        headers["Accept"] = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    page = path
    while True:
        data = json.dumps(body) if body is not None else None
        try:
            connection.request(method, page, data, headers)
            answer = connection.getresponse()
        except (OSError, http.client.HTTPException):
            # The server closes a connection that was idle for a while.
            connection.close()
            connection.request(method, page, data, headers)
            answer = connection.getresponse()
        content = answer.read()
        found = _CONTINUE.search(content[:1000])
        if method != "GET" or not found:
            return answer.status, content
        page = f"{path}&continue={found[1].decode()}"


def main() -> None:
    """Send all stages; exit code 1 if anything was refused."""
    client = Client(*sys.argv[1:5])
    with open(sys.argv[5]) as file:
        stages = json.load(file)
    for stage in stages:
        for (method, path, _), (status, content) in zip(stage, client.send(stage), strict=True):
            if not 200 <= status < 300:
                sys.exit(f"{method} {path}: {status} {content[:500]!r}")


if __name__ == "__main__":
    main()
