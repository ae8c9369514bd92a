"""A pod that is to end waits for its clients: the image's command, run here."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

DRAIN = Path(__file__).parents[3] / "images/hive-metastore/metastore-drain"


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        yield listening


def drain(server: socket.socket, at_most: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(["sh", str(DRAIN), "0", str(at_most), str(server.getsockname()[1])])


def client(server: socket.socket, address: str) -> socket.socket:
    return socket.create_connection(server.getsockname(), source_address=(address, 0))


def test_without_clients_it_is_done_at_once_and_probes_are_none(server: socket.socket) -> None:
    with client(server, "127.0.0.1"):
        assert drain(server, 60).wait(20) == 0


def test_it_waits_until_the_last_client_has_hung_up(server: socket.socket) -> None:
    connected = client(server, "127.0.0.2")
    accepted, _ = server.accept()
    waiting = drain(server, 60)
    with pytest.raises(subprocess.TimeoutExpired):
        waiting.wait(1.5)
    connected.close()
    accepted.close()
    assert waiting.wait(20) == 0


def test_it_does_not_wait_longer_than_it_was_told(server: socket.socket) -> None:
    with client(server, "127.0.0.2"):
        assert drain(server, 1).wait(20) == 0
