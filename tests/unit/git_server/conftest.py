"""The lab's Git server as a process on loopback."""

from __future__ import annotations

import base64
import http.client
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

SERVER = Path(__file__).parents[3] / "images/git-server/server.py"
PASSWORD = "c0rrect horse%@:/"


class Server:
    def __init__(self, folder: Path) -> None:
        self.password = PASSWORD
        self.repository = folder / "srv/homelab.git"
        (folder / "password").write_text(PASSWORD + "\n")
        command = [sys.executable, str(SERVER), "--repository", str(self.repository)]
        command += ["--address", "127.0.0.1", "--port", "0"]
        command += ["--password-file", str(folder / "password"), "--charts", str(folder / "charts")]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        self.port = int(self.process.stdout.readline().rpartition(" ")[2])
        self.url = f"http://127.0.0.1:{self.port}/homelab.git"

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=10)

    def http(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        password: str = PASSWORD,
        **headers: str,
    ) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        token = base64.b64encode(f"lakestead:{password}".encode()).decode()
        given = {"Authorization": f"Basic {token}"} | {
            k.replace("_", "-"): v for k, v in headers.items()
        }
        connection.request(method, path, body, given)  # type: ignore[arg-type]
        answer = connection.getresponse()
        return answer.status, answer.read()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], Server]]:
    """Starts a server on the test's one repository; started again, it finds what the last one left."""
    started = []

    def start() -> Server:
        started.append(Server(tmp_path))
        return started[-1]

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def server(start: Callable[[], Server]) -> Server:
    return start()
