"""A proxy before the API, the object storage and Git that counts writes and ends a run at one of them.

Writes pass one at a time, in all three together, so that "the n-th" means something and nothing is written
after it. A write is

- API: POST, PUT, PATCH, DELETE without ``dryRun``, and each command that is run in a pod (psql and
  radosgw-admin; those that only read are counted as well, since nobody can tell),
- S3 and Admin Ops: PUT, POST, DELETE,
- Git: a push (``git-receive-pack`` with content).
"""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

from lakestead.lab.pki import Certificate

Variant = Literal["before", "after"]
Via = Literal["API", "S3", "Git"]

# Parts of a path that differ from run to run.
RANDOM = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{12,}|\d{10,}")


@dataclass(frozen=True, slots=True)
class Write:
    """One write, as it came by.

    + number: 1, 2, … in its run
    + what: channel, verb and place, the same in every run; no secrets
    """

    number: int
    what: str


@dataclass(slots=True)
class Gun:
    """When a run is ended.

    + aim: asked before each write: how to end the run at it, or None to let it pass
    + kill: ends the run; returns when its processes are gone
    + doing: what the run's journal says is in flight, "" where nothing is: tells commands in pods
      and pushes apart, which look alike
    """

    aim: Callable[[Write], Variant | None]
    kill: Callable[[], None]
    doing: Callable[[], str]
    writes: list[Write] = field(default_factory=list)
    hit: tuple[Write, Variant] | None = None
    turn: threading.Lock = field(default_factory=threading.Lock)


class Killed(Exception):
    """The run is dead: nothing of it is forwarded any more."""


@dataclass(frozen=True, slots=True)
class Upstream:
    """Where one channel leads, and the certificates of both sides where it is TLS."""

    via: Via
    port: int
    address: tuple[str, int]
    server: ssl.SSLContext | None = None
    client: ssl.SSLContext | None = None


class Proxy:
    """Listens on ports of 127.0.0.1 until ``close``; ``gun`` is that of the run that is on its way."""

    def __init__(self, *upstreams: Upstream) -> None:
        self.gun = Gun(lambda write: None, lambda: None, str)
        self._listeners = []
        for upstream in upstreams:
            listener = socket.create_server(("127.0.0.1", upstream.port))
            self._listeners.append(listener)
            self._thread(self._accept, listener, upstream)

    def close(self) -> None:
        """Listen no more."""
        for listener in self._listeners:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()

    def _thread(self, target: Callable[..., None], *arguments: Any) -> threading.Thread:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        thread.start()
        return thread

    def _accept(self, listener: socket.socket, upstream: Upstream) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            self._thread(self._serve, client, upstream)

    def _serve(self, client: socket.socket, upstream: Upstream) -> None:
        gun = self.gun
        server = None
        try:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if upstream.server:
                client = upstream.server.wrap_socket(client, server_side=True)
            server = socket.create_connection(upstream.address, 10)
            server.settimeout(None)
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if upstream.client:
                server = upstream.client.wrap_socket(server, server_hostname=upstream.address[0])
            _Connection(upstream.via, client, server, gun).run()
        except (OSError, EOFError, Killed):
            pass
        finally:
            for end in (client, server):
                if end is not None:
                    with suppress(OSError):
                        end.shutdown(socket.SHUT_RDWR)
                    end.close()


@dataclass(slots=True)
class Message:
    """A request or an answer: its first line, headers and body, as they are sent."""

    line: str
    headers: list[tuple[str, str]]
    body: bytes = b""

    def header(self, name: str) -> str:
        """Its value in lower case; "" where there is none."""
        return next((v.lower() for k, v in self.headers if k.lower() == name), "")

    def raw(self) -> bytes:
        """What goes over the wire."""
        head = "".join(f"{k}: {v}\r\n" for k, v in self.headers)
        return f"{self.line}\r\n{head}\r\n".encode("latin-1") + self.body


class _Connection:
    """One connection of the run, and the one to the server that belongs to it."""

    def __init__(self, via: Via, client: socket.socket, server: socket.socket, gun: Gun) -> None:
        self.via, self.client, self.server, self.gun = via, client, server, gun
        self.from_client = client.makefile("rb")
        self.from_server = server.makefile("rb")

    def run(self) -> None:
        while True:
            request = _head(self.from_client)
            if "100-continue" in request.header("expect"):
                self.client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
                request.headers = [h for h in request.headers if h[0].lower() != "expect"]
            request.body = b"".join(_body(self.from_client, request))
            what = write(self.via, request)
            if what is None:
                if not self._pass_on(request):
                    return
            else:
                with self.gun.turn:
                    if not self._write(request, what):
                        return

    def _write(self, request: Message, what: str) -> bool:
        if self.gun.hit:
            raise Killed
        if "exec" in what or "push" in what:
            doing = self.gun.doing()
            what += f" ({doing})" if doing else ""
        mine = Write(len(self.gun.writes) + 1, what)
        variant = self.gun.aim(mine)
        self.gun.writes.append(mine)
        if variant is None:
            return self._pass_on(request)
        try:
            if variant == "after":
                self._pass_on(request, deliver=False)
        finally:
            self.gun.hit = (mine, variant)
            self.gun.kill()
        raise Killed

    def _pass_on(self, request: Message, deliver: bool = True) -> bool:
        """Forward a request and its answer; whether the connection can be used again."""
        self.server.sendall(request.raw())
        answer = _head(self.from_server)
        while answer.line.split()[1] == "100":
            answer = _head(self.from_server)
        if answer.line.split()[1] == "101":
            self.client.sendall(answer.raw())
            self._websocket(deliver)
            return False
        chunks = _body(self.from_server, answer, request.line.split()[0])
        if deliver:
            self.client.sendall(answer.raw())
        for chunk in chunks:
            if deliver:
                self.client.sendall(chunk)
        return "close" not in answer.header("connection")

    def _websocket(self, deliver: bool) -> None:
        """A command in a pod. Undelivered, it ends with nothing of its output having arrived."""
        up = threading.Thread(
            target=_pump, args=(self.from_client, self.server.sendall), daemon=True
        )
        up.start()
        seen = bytearray()
        while data := self.from_server.read1(65536):
            if deliver:
                self.client.sendall(data)
            seen += data
            if _has_ended(seen):
                return


def write(via: Via, request: Message) -> str | None:
    """The write that a request is, in words; None for one that only reads."""
    verb, target, _ = request.line.split()
    url = urlsplit(target)
    query = dict(parse_qsl(url.query, keep_blank_values=True))
    path = RANDOM.sub("*", url.path)
    if via == "Git":
        pushes = path.endswith("/git-receive-pack") and len(request.body) > 4
        return f"Git push {path.split('/')[1]}" if verb == "POST" and pushes else None
    if via == "API":
        if path.endswith("/exec"):
            command = [v for k, v in parse_qsl(url.query) if k == "command"]
            pod = re.sub(r"-[0-9a-f]{8,10}-[a-z0-9]{5}$", "", path.split("/")[-2])
            return f"API exec {pod}: {_program(command)}"
        if verb == "GET" or "dryRun" in query:
            return None
        name = re.sub(r"^/apis?/", "", path).replace(
            "namespaces/", "", path.count("namespaces") > 1
        )
        return f"API {verb} {name}"
    if verb not in ("PUT", "POST", "DELETE"):
        return None
    shown = "&".join(
        k
        for k in query
        if k
        in (
            "quota",
            "key",
            "caps",
            "versioning",
            "lifecycle",
            "policy",
            "uploads",
            "delete",
            "retention",
        )
    )
    kind = "RGW" if path.startswith("/admin/") else "S3"
    return f"{kind} {verb} {path}" + (f"?{shown}" if shown else "")


def _program(command: list[str]) -> str:
    """What a command is, without what could be a secret."""
    text = " ".join(command)
    for name in ("radosgw-admin", "ceph", "psql"):
        found = re.search(rf"\b{name}\b((?: [a-z]+\b)*)", text)
        if found:
            sql = re.findall(r"\b(?:SELECT|(?:CREATE|ALTER|GRANT) [A-Z]+)\b", text)
            return name + found.group(1) + "".join(f" {word}" for word in sql[:1])
    return command[0] if command else "nothing"


def _head(file: BufferedReader) -> Message:
    line = file.readline()
    if not line:
        raise EOFError
    message = Message(line.decode("latin-1").rstrip("\r\n"), [])
    while (line := file.readline()) not in (b"\r\n", b"\n"):
        if not line:
            raise EOFError
        name, _, value = line.decode("latin-1").partition(":")
        message.headers.append((name, value.strip()))
    return message


def _body(file: BufferedReader, message: Message, verb: str = ""):  # type: ignore[no-untyped-def]
    """A message's body, as it is on the wire, in pieces."""
    is_answer = message.line.startswith("HTTP/")
    if is_answer and (verb == "HEAD" or message.line.split()[1] in ("204", "304")):
        return
    if "chunked" in message.header("transfer-encoding"):
        while True:
            size = file.readline()
            if not size:
                raise EOFError
            length = int(size.split(b";")[0], 16)
            yield size + file.read(length) + file.readline()
            if length == 0:
                return
    elif length := message.header("content-length"):
        left = int(length)
        while left:
            data = file.read1(min(left, 65536))
            if not data:
                raise EOFError
            left -= len(data)
            yield data
    elif is_answer:
        while data := file.read1(65536):
            yield data


def _pump(file: BufferedReader, send: Callable[[bytes], None]) -> None:
    with suppress(OSError, ValueError):
        while data := file.read1(65536):
            send(data)


def _has_ended(data: bytearray) -> bool:
    """Whether the API's websocket frames, read off ``data``, say that the command has ended."""
    while len(data) >= 2:
        length, start = data[1] & 127, 2
        if length == 126:
            length, start = int.from_bytes(data[2:4], "big"), 4
        elif length == 127:
            length, start = int.from_bytes(data[2:10], "big"), 10
        if len(data) < start + length:
            return False
        opcode, channel = data[0] & 15, data[start] if length else -1
        if opcode == 8 or (opcode in (1, 2) and channel == 3 and length > 1):
            return True
        del data[: start + length]
    return False


def tls(authority: Path, mine: Certificate, *, server: bool) -> ssl.SSLContext:
    """TLS with a certificate of the lab's own authority, as server or as client."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
    context.load_cert_chain(mine.certificate, mine.key)
    if not server:
        context.load_verify_locations(authority)
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context
