"""A way to the API server that can be made slow, lossy or untrustworthy while a run is on it."""

from __future__ import annotations

import itertools
import socket
import ssl
import threading
import time
from contextlib import suppress
from typing import Literal

Mode = Literal["plain", "slow", "lossy", "expired"]


class Proxy:
    """TCP from a port of 127.0.0.1 to ``target``; TLS passes through untouched.

    + mode ``slow``: what is sent arrives ``delay`` seconds later
    + mode ``lossy``: every third connection is cut at its 8th packet, in the middle of whatever it carries
    + mode ``expired``: answers itself, with the certificate of ``expired``
    """

    def __init__(self, target: tuple[str, int], expired: ssl.SSLContext, delay: float) -> None:
        self.mode: Mode = "plain"
        self.dropped = 0
        self._target, self._expired, self._delay = target, expired, delay
        self._count = itertools.count(1)
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread(self._accept)

    def become(self, mode: Mode) -> None:
        """Another mode from now on; connections that are open are cut where they could not have stayed."""
        self.mode = mode
        if mode == "expired":
            for end in list(self._open):
                _cut(end)

    def close(self) -> None:
        """Listen no more."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _thread(self, target, *arguments) -> threading.Thread:  # type: ignore[no-untyped-def]
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        thread.start()
        return thread

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._thread(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        if self.mode == "expired":
            with suppress(OSError, ssl.SSLError), client:
                self._expired.wrap_socket(client, server_side=True).close()
            return
        number = next(self._count)
        try:
            server = socket.create_connection(self._target, 10)
        except OSError:
            client.close()
            return
        for end in (client, server):
            end.settimeout(None)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._open |= {client, server}
        ends = (client, server)
        up = self._thread(self._pump, client, server, ends, number)
        self._pump(server, client, ends, 0)
        up.join()
        self._open -= {client, server}
        for end in ends:
            end.close()

    def _pump(
        self,
        source: socket.socket,
        sink: socket.socket,
        ends: tuple[socket.socket, socket.socket],
        number: int,
    ) -> None:
        with suppress(OSError):
            for packet in itertools.count(1):
                data = source.recv(65536)
                if not data:
                    break
                if self.mode == "slow":
                    time.sleep(self._delay / 2)  # half of a round trip in each direction
                if self.mode == "lossy" and number % 3 == 0 and packet >= 8:
                    self.dropped += 1
                    for end in ends:
                        _cut(end)
                    return
                sink.sendall(data)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)


def _cut(end: socket.socket) -> None:
    """End a connection; its own threads close the socket."""
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
