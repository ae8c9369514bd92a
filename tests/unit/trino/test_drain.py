"""``trino-drain`` of the image: how it proves that it is of the cluster, and that it waits for the end."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

DRAIN = Path(__file__).parents[3] / "images/trino/trino-drain"
SECRET = "what $only %s the\\x41 servers know"


class Worker(ThreadingHTTPServer):
    """Answers as a worker; ends when it has been told to.

    + statuses: of its answers to an order, one after the other
    + looks: how often it is looked whether it is there before it ends; only the last gets an answer
    """

    def __init__(self, statuses: list[int], looks: int) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.statuses, self.looks = statuses, looks
        self.asked: list[tuple[str, str, bytes]] = []


class Handler(BaseHTTPRequestHandler):
    server: Worker

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        token = self.headers["X-Trino-Internal-Bearer"]
        self.server.asked.append((self.path, token, body))
        self.send_response(self.server.statuses.pop(0))
        self.end_headers()

    def do_GET(self) -> None:
        self.server.looks -= 1
        if self.server.looks > 0:
            self.close_connection = True
            return
        self.send_response(200)
        self.end_headers()
        # It still serves the first time that it is looked whether it does.
        threading.Thread(target=self.server.shutdown).start()

    def log_message(self, *arguments: object) -> None:
        """Says nothing."""


def drain(
    *statuses: int, looks: int = 1
) -> Iterator[tuple[Worker, subprocess.CompletedProcess[str]]]:
    worker = Worker(list(statuses), looks)

    def serve() -> None:
        worker.serve_forever(poll_interval=0.01)
        worker.server_close()

    thread = threading.Thread(target=serve)
    thread.start()
    environment = {"PATH": os.environ["PATH"], "TRINO_SHARED_SECRET": SECRET}
    command = ["bash", str(DRAIN), str(worker.server_port)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=20)
    worker.shutdown()
    thread.join()
    yield worker, done


@pytest.fixture
def drained() -> Iterator[tuple[Worker, subprocess.CompletedProcess[str]]]:
    yield from drain(200)


@pytest.fixture
def refused() -> Iterator[tuple[Worker, subprocess.CompletedProcess[str]]]:
    yield from drain(403)


@pytest.fixture
def busy() -> Iterator[tuple[Worker, subprocess.CompletedProcess[str]]]:
    yield from drain(503, 200, looks=2)


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_it_signs_a_token_with_the_shared_secret_and_waits_for_the_end(
    drained: tuple[Worker, subprocess.CompletedProcess[str]],
) -> None:
    worker, done = drained
    assert (done.returncode, done.stderr) == (0, "")
    [(path, token, body)] = worker.asked
    assert (path, json.loads(body)) == ("/v1/info/state", "SHUTTING_DOWN")
    header, payload, signature = token.split(".")
    assert json.loads(decoded(header)) == {"alg": "HS256"}
    assert 0 < json.loads(decoded(payload))["exp"] - time.time() <= 60
    extracted = hmac.new(bytes(32), SECRET.encode(), hashlib.sha256).digest()
    key = hmac.new(extracted, b"internal-communication\x01", hashlib.sha256).digest()
    expected = hmac.new(key, f"{header}.{payload}".encode(), hashlib.sha256).digest()
    assert decoded(signature) == expected


def test_a_worker_that_refuses_is_told_of(
    refused: tuple[Worker, subprocess.CompletedProcess[str]],
) -> None:
    _, done = refused
    assert done.returncode != 0
    assert "403" in done.stderr


def test_a_worker_that_is_too_busy_to_answer_is_waited_for(
    busy: tuple[Worker, subprocess.CompletedProcess[str]],
) -> None:
    worker, done = busy
    assert done.returncode == 0
    assert len(worker.asked) == 2
    assert worker.looks == 0
