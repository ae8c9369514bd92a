"""A server that has started is asked before it serves: the image's command, run here."""

from __future__ import annotations

import os
import socket
import struct
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

IMAGE = Path(__file__).parents[3] / "images/hive-metastore"


class Server:
    """Answers as a metastore does, as far as Thrift's binary protocol is looked at."""

    def __init__(self, listening: socket.socket) -> None:
        self.listening, self.asked = listening, list[tuple[str, bytes]]()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                self._answer(self.listening.accept()[0])

    def _answer(self, client: socket.socket) -> None:
        with client:
            question = client.recv(4096)
            length = struct.unpack(">I", question[4:8])[0]
            name = question[8 : 8 + length]
            self.asked.append((name.decode(), question[8 + length :]))
            head = b"\x80\x01\x00\x02" + question[4 : 8 + length] + b"\x00\x00\x00\x01"
            # No such table: an exception, and not field 0, which is a result.
            no = name == b"get_table"
            client.sendall(head + (b"\x0c\x00\x02\x00\x00" if no else b"\x0f\x00\x00\x0b\x00\x00"))


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with closing(socket.create_server(("127.0.0.1", 0))) as made:
        yield made


def warm(port: int, seconds: int = 20) -> int:
    path = f"{IMAGE}:{os.environ['PATH']}"
    command = ["bash", str(IMAGE / "metastore-warm"), str(seconds), str(port)]
    return subprocess.run(command, env={**os.environ, "PATH": path}, timeout=60).returncode


def test_one_that_does_not_answer_has_not_started(listening: socket.socket) -> None:
    port = listening.getsockname()[1]
    listening.close()
    assert warm(port) == 1


def test_one_that_answers_is_asked_for_a_table_though_there_is_none(
    listening: socket.socket,
) -> None:
    server = Server(listening)
    assert warm(listening.getsockname()[1]) == 0
    assert server.asked[0][0] == "getStatus"
    asked = [name for name, _ in server.asked]
    assert asked.count("get_table") == asked.count("get_all_databases") == 6
    [arguments] = {rest for name, rest in server.asked if name == "get_table"}
    first = b"\x0b\x00\x01\x00\x00\x00\x07default"
    second = b"\x0b\x00\x02\x00\x00\x00\x11lakestead_warm_up"
    assert arguments == b"\x00\x00\x00\x01" + first + second + b"\x00"


def test_the_warm_up_ends_in_time(listening: socket.socket) -> None:
    server = Server(listening)
    assert warm(listening.getsockname()[1], 0) == 0
    assert [name for name, _ in server.asked] == ["getStatus"]
