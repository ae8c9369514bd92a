"""An API server that answers what a test tells it to, over HTTP on 127.0.0.1."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml

Answer = Callable[["FakeApi", str], tuple[int, Any] | None]
"""Status and body for a request, by the server and the continue token; None drops the connection."""


class FakeApi:
    """Lists by path; what is not told is an empty list.

    + lists: path → all its objects, served in pages of ``page``
    + answers: path → what is answered in place of that
    + asked: every path with its continue token, in order
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.page = 2
        self.lists: dict[str, list[dict[str, Any]]] = {}
        self.answers: dict[str, Answer] = {}
        self.asked: list[tuple[str, str]] = []

    @classmethod
    @contextmanager
    def running(cls) -> Iterator[FakeApi]:
        """Until the end of the block."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        server.fake = cls(f"http://127.0.0.1:{server.server_port}")  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.fake  # type: ignore[attr-defined]
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def kubeconfig(self, folder: Path) -> str:
        """Written into ``folder``; its context is ``fake``."""
        document = {
            "clusters": [{"name": "c", "cluster": {"server": self.url}}],
            "users": [{"name": "u", "user": {"token": "t0ken"}}],
            "contexts": [{"name": "fake", "context": {"cluster": "c", "user": "u"}}],
            "current-context": "fake",
        }
        file = folder / "kubeconfig"
        file.write_text(yaml.safe_dump(document))
        return str(file)

    def listed(self, path: str, token: str) -> tuple[int, Any]:
        """One page of a list."""
        items, start = self.lists.get(path, []), int(token or 0)
        following = start + self.page
        more = {"continue": str(following)} if following < len(items) else {}
        return 200, {"metadata": more, "items": items[start:following]}


def forbidden(what: str) -> tuple[int, Any]:
    """The server's answer where a role is missing."""
    message = f'{what} is forbidden: User "eve" cannot list resource "{what}" at the cluster scope'
    return 403, {"kind": "Status", "reason": "Forbidden", "message": message, "code": 403}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        fake: FakeApi = self.server.fake  # type: ignore[attr-defined]
        url = urlsplit(self.path)
        token = parse_qs(url.query).get("continue", [""])[0]
        fake.asked.append((url.path, token))
        own = fake.answers.get(url.path)
        answer = own(fake, token) if own else fake.listed(url.path, token)
        if answer is None:
            self.close_connection = True
            self.connection.close()
            return
        body = json.dumps(answer[1]).encode()
        self.send_response(answer[0])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nobody reads it."""
