"""Run a command in a pod over the API server's websocket: binary-safe, with its real exit code.

Protocol: v5.channel.k8s.io (Kubernetes 1.30 and newer): the first byte of a frame names the
channel; 255 closes one, which is how standard input ends (KEP-4006). On channel 3 the API sends a
``Status`` when the command has ended.
"""

from __future__ import annotations

import json
import select
import ssl
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import websocket
from websocket import ABNF

from lakestead.errors import LakesteadError
from lakestead.kube.exec_result import ExecResult
from lakestead.kube.failures import refused, unreachable
from lakestead.kube.kubeconfig import Access

STDIN, STDOUT, STDERR, ERROR, CLOSE = 0, 1, 2, 3, 255
PROTOCOL = "v5.channel.k8s.io"
# Small enough to fit what a writable socket has free, so that sending never blocks receiving.
CHUNK = 8192
SILENCE = 15.0
"""Seconds without a byte after which somebody looks whether the command can still answer."""


def execute(
    access: Access,
    path: str,
    query: dict[str, Any],
    *,
    stdin: bytes | None,
    timeout: float,
    what: str,
    silent: Callable[[], None] = lambda: None,
) -> ExecResult:
    """Open ``path`` as a websocket, feed ``stdin`` and collect the command's output.

    + timeout: seconds for all of it
    + what: the command and its place, for messages
    + silent: called again and again while nothing comes; raises where nothing can come any more

    Raises LakesteadError where the connection ends before the command does or the time is over,
    ApiError where the API refuses, ApiUnreachable where it does not answer.
    """
    deadline = time.monotonic() + timeout
    socket = _connect(access, path + "?" + urlencode(query, doseq=True), min(timeout, 10))
    try:
        return _Session(socket, deadline, timeout, what, silent).run(stdin)
    except (websocket.WebSocketException, OSError) as error:
        raise LakesteadError(
            f"The connection broke while running {what}",
            found=str(error) or type(error).__name__,
            do="run it again",
        ) from error
    finally:
        socket.shutdown()


def _connect(access: Access, path: str, timeout: float) -> Any:
    configuration = access.configuration
    header = [f"Sec-WebSocket-Protocol: {PROTOCOL}"]
    token = configuration.get_api_key_with_prefix("BearerToken")
    if token:
        header.append(f"Authorization: {token}")
    try:
        return websocket.create_connection(
            "ws" + configuration.host.removeprefix("http") + path,
            timeout=timeout,
            header=header,
            sslopt=_tls(configuration),
            suppress_origin=True,
        )
    except websocket.WebSocketBadStatusException as error:
        body = error.resp_body or b""
        raise refused(access, "GET", path.split("?")[0], error.status_code, body) from error
    except (websocket.WebSocketException, OSError) as error:
        raise unreachable(access, error, timeout) from error


def _tls(configuration: Any) -> dict[str, Any]:
    if not configuration.verify_ssl:
        options: dict[str, Any] = {"cert_reqs": ssl.CERT_NONE, "check_hostname": False}
    else:
        options = {"cert_reqs": ssl.CERT_REQUIRED}
        if configuration.ssl_ca_cert:
            options["ca_certs"] = configuration.ssl_ca_cert
    if configuration.cert_file:
        options["certfile"] = configuration.cert_file
    if configuration.key_file:
        options["keyfile"] = configuration.key_file
    if configuration.tls_server_name:
        options["server_hostname"] = configuration.tls_server_name
    return options


class _Session:
    """One command on an open websocket; one loop sends and receives, so neither can block."""

    def __init__(
        self,
        socket: Any,
        deadline: float,
        timeout: float,
        what: str,
        silent: Callable[[], None],
    ) -> None:
        self.socket = socket
        self.deadline = deadline
        self.timeout = timeout
        self.what = what
        self.silent = silent
        self.received: dict[int, bytearray] = {
            STDOUT: bytearray(),
            STDERR: bytearray(),
            ERROR: bytearray(),
        }

    def run(self, stdin: bytes | None) -> ExecResult:
        outgoing = [] if stdin is None else _frames(stdin)
        outgoing.reverse()
        while not self.received[ERROR]:
            readable, writable = self._wait(bool(outgoing))
            if readable:
                if not self._receive():
                    break
            elif writable:
                self.socket.send(outgoing.pop(), opcode=ABNF.OPCODE_BINARY)
            else:
                self.silent()
        return ExecResult(
            self._exit_code(), bytes(self.received[STDOUT]), bytes(self.received[STDERR])
        )

    def _wait(self, sending: bool) -> tuple[bool, bool]:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise LakesteadError(
                f"No end within {self.timeout:g} s of {self.what}",
                found=_last_lines(self.received[STDERR] or self.received[STDOUT]),
                do="the command may still run in the pod; look there before running it again",
            )
        self.socket.settimeout(left)
        raw = self.socket.sock
        if isinstance(raw, ssl.SSLSocket) and raw.pending():
            return True, False
        poll = select.poll()
        poll.register(raw, select.POLLIN | (select.POLLOUT if sending else 0))
        events = sum(event for _, event in poll.poll(min(left, SILENCE) * 1000))
        return bool(events & ~select.POLLOUT), bool(events & select.POLLOUT)

    def _receive(self) -> bool:
        """Take one frame; False when the server has closed the connection."""
        opcode, frame = self.socket.recv_data_frame(True)
        if opcode == ABNF.OPCODE_CLOSE:
            return False
        if opcode in (ABNF.OPCODE_BINARY, ABNF.OPCODE_TEXT) and frame.data:
            channel = frame.data[0]
            if channel in self.received:
                self.received[channel] += frame.data[1:]
        return True

    def _exit_code(self) -> int:
        try:
            status = json.loads(bytes(self.received[ERROR]))
        except ValueError:
            raise LakesteadError(
                f"The connection was closed before the end of {self.what}",
                found=_last_lines(self.received[STDERR]) or "no exit code",
                do="check that the pod still runs, then run it again",
            ) from None
        if status.get("status") == "Success":
            return 0
        for cause in (status.get("details") or {}).get("causes") or []:
            if cause.get("reason") == "ExitCode":
                return int(cause["message"])
        raise LakesteadError(f"Cannot run {self.what}", found=str(status.get("message") or status))


def _frames(stdin: bytes) -> list[bytes]:
    """Standard input cut into frames, the last of which closes it."""
    chunks = [
        bytes([STDIN]) + stdin[start : start + CHUNK] for start in range(0, len(stdin), CHUNK)
    ]
    return [*chunks, bytes([CLOSE, STDIN])]


def _last_lines(data: bytes | bytearray, count: int = 5) -> str:
    return "\n".join(bytes(data).decode("utf-8", "replace").strip().splitlines()[-count:])
