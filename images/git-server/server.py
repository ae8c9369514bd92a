#!/usr/bin/env python3
"""Git over smart HTTP: one bare repository served by ``git http-backend``, reads and pushes with a password.

The protocol itself (refs, packs, protocol v2) is Git's own CGI program, see git-http-backend(1); this file is
the HTTP server around it: basic authentication, chunked and gzip request bodies, streaming both ways, one
thread per connection, health, and a shutdown that lets a push in flight finish. Beside it, a folder of files
is there for anyone to read: a Helm repository.
It needs Python's standard library and git, nothing else.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hmac
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

CHUNK = 64 * 1024
SMART_PATHS = re.compile(
    r"/(?P<repository>[\w.-]+\.git)/(info/refs|git-upload-pack|git-receive-pack)"
)
CHART_PATHS = re.compile(r"/charts/(?P<file>\w[\w.-]*)")
REPOSITORY_SETTINGS = {
    "http.receivepack": "true",
    # A broken pack, a rewritten or a deleted branch is refused: Flux follows this branch.
    "receive.fsckObjects": "true",
    "receive.denyNonFastForwards": "true",
    "receive.denyDeletes": "true",
    # Housekeeping runs at start: in the background it would outlive its request and, in a container, its parent.
    "receive.autogc": "false",
    "gc.auto": "500",
    "gc.autoDetach": "false",
}


class BadBody(Exception):
    """The request body ended early or its chunks are not what RFC 9112, 7.1 says."""


def prepare_repository(path: Path, branch: str) -> None:
    """Make the bare repository if there is none, and set what the server relies on. Safe to be killed in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for lock in (*path.glob("*.lock"), *path.glob("refs/**/*.lock")):
        lock.unlink()  # of a Git that was killed; no other process serves this folder
    git("init", "--quiet", "--bare", f"--initial-branch={branch}", str(path))
    for key, value in REPOSITORY_SETTINGS.items():
        git("-C", str(path), "config", key, value)
    git("-C", str(path), "gc", "--quiet", "--auto")


def git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], check=True, stdin=subprocess.DEVNULL)


def intact(repository: Path) -> bool:
    """Whether the folder is a repository that Git can read; the answer of the readiness probe."""
    answer = subprocess.run(
        ["git", "-C", str(repository), "rev-parse", "--is-bare-repository"],
        capture_output=True,
        timeout=5,
        check=False,
    )
    return answer.returncode == 0 and answer.stdout.strip() == b"true"


class GitServer(ThreadingHTTPServer):
    """Listens; knows the repository and who may use it."""

    daemon_threads = False  # server_close() then waits for requests in flight
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(
        self,
        address: tuple[str, int],
        repository: Path,
        username: str,
        password: str,
        charts: Path | None = None,
    ) -> None:
        super().__init__(address, Handler)
        self.charts = charts
        self.repository = repository
        self.username = username
        self.password = password

    def allows(self, authorization: str) -> bool:
        """Check an ``Authorization: Basic`` value in constant time."""
        scheme, _, encoded = authorization.partition(" ")
        if scheme.lower() != "basic":
            return False
        try:
            given = base64.b64decode(encoded.strip(), validate=True)
        except binascii.Error:
            return False
        return hmac.compare_digest(given, f"{self.username}:{self.password}".encode())


class Handler(BaseHTTPRequestHandler):
    """One connection: health for anyone, Git for who has the password."""

    server: GitServer
    protocol_version = "HTTP/1.1"
    server_version = "lakestead-git"
    timeout = 60  # seconds without a byte from the client

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        if path == "/-/alive":
            self.answer(HTTPStatus.OK, "alive\n")
        elif path == f"/-/ready/{self.server.repository.name}":
            # The name is in the path, so that no other server that listens here can pass for this one.
            ready = intact(self.server.repository)
            status = HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE
            self.answer(
                status, "ready\n" if ready else f"{self.server.repository} is no repository\n"
            )
        elif self.server.charts and (match := CHART_PATHS.fullmatch(path)):
            self.serve_chart(self.server.charts / match["file"])
        else:
            self.serve_git(path)

    def do_POST(self) -> None:
        self.serve_git(unquote(urlsplit(self.path).path))

    def serve_chart(self, file: Path) -> None:
        try:
            body = file.read_bytes()
        except OSError:
            self.answer(HTTPStatus.NOT_FOUND, "no such file\n")
            return
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def serve_git(self, path: str) -> None:
        match = SMART_PATHS.fullmatch(path)
        if not self.server.allows(self.headers.get("Authorization", "")):
            self.answer(HTTPStatus.UNAUTHORIZED, "wrong or missing user name and password\n")
        elif match is None or match["repository"] != self.server.repository.name:
            self.answer(HTTPStatus.NOT_FOUND, f"here is only /{self.server.repository.name}\n")
        else:
            self.run_backend(path)

    def answer(self, status: HTTPStatus, text: str) -> None:
        """A short answer of the server's own."""
        body = text.encode()
        self.send_response(status)
        if status == HTTPStatus.UNAUTHORIZED:
            self.send_header("WWW-Authenticate", 'Basic realm="homelab", charset="UTF-8"')
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def send_response(self, code: int, message: str | None = None) -> None:
        """One request a connection: what a client left unread cannot become the next request, and an
        idle connection does not hold up the shutdown."""
        super().send_response(code, message)
        self.send_header("Connection", "close")

    def run_backend(self, path: str) -> None:
        backend = subprocess.Popen(
            ["git", "http-backend"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=self.backend_environment(path),
        )
        assert backend.stdin is not None
        assert backend.stdout is not None
        # A thread feeds the body while this one reads the answer: either pipe may fill first.
        feeder = threading.Thread(target=self.feed, args=(backend.stdin,))
        feeder.start()
        try:
            self.relay(backend.stdout)
        except OSError as error:
            self.log_message("client gone: %s", error)
            backend.terminate()
        finally:
            backend.stdout.close()
            backend.wait()
            feeder.join()

    def backend_environment(self, path: str) -> dict[str, str]:
        """The CGI/1.1 variables (RFC 3875, 4.1) that git-http-backend reads."""
        variables = {
            "GIT_PROJECT_ROOT": str(self.server.repository.parent),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": path,
            "QUERY_STRING": urlsplit(self.path).query,
            "REQUEST_METHOD": self.command,
            "REMOTE_USER": self.server.username,
            "REMOTE_ADDR": self.client_address[0],
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", "/"),
        }
        length = self.headers.get("Content-Length")
        if length is not None and not self.chunked:
            variables["CONTENT_LENGTH"] = (
                length  # without it the backend reads to the end of its input
            )
        elif self.command == "GET":
            variables["CONTENT_LENGTH"] = "0"
        return variables

    @property
    def chunked(self) -> bool:
        return self.headers.get("Transfer-Encoding", "").lower() == "chunked"

    def feed(self, stdin: BinaryIO) -> None:
        """Hand the request body to the backend as it arrives."""
        body = self.body()
        try:
            try:
                with stdin:
                    for block in body:
                        stdin.write(block)
            except BrokenPipeError:
                # The backend has answered early. A client that is still sending would be reset before
                # it reads that answer, so the rest is read and dropped.
                for _ in body:
                    pass
        except (OSError, BadBody) as error:
            self.log_message("request body not read to its end: %s", error)

    def body(self) -> Iterator[bytes]:
        if not self.chunked:
            length = self.headers.get("Content-Length") or "0"
            if not length.isdecimal():
                raise BadBody(f"Content-Length: {length[:40]!r}")
            yield from self.exactly(int(length))
            return
        while size := self.chunk_size():
            yield from self.exactly(size)
            self.rfile.readline(CHUNK)
        while self.rfile.readline(CHUNK).strip():
            pass  # trailers

    def chunk_size(self) -> int:
        line = self.rfile.readline(CHUNK)
        try:
            return int(line.partition(b";")[0], 16)
        except ValueError:
            raise BadBody(f"no chunk size: {line[:40]!r}") from None

    def exactly(self, size: int) -> Iterator[bytes]:
        while size:
            block = self.rfile.read1(min(size, CHUNK))
            if not block:
                raise BadBody(f"{size} bytes missing")
            size -= len(block)
            yield block

    def relay(self, stdout: BinaryIO) -> None:
        """Send the backend's CGI answer (header lines, empty line, body) on as it comes."""
        headers: list[tuple[str, str]] = []
        status = HTTPStatus.OK.value
        while line := stdout.readline().rstrip(b"\r\n"):
            key, _, value = line.decode("latin-1").partition(":")
            if key.lower() == "status":
                status = int(value.split()[0])
            else:
                headers.append((key, value.strip()))
        if not headers:
            self.answer(HTTPStatus.BAD_GATEWAY, "git http-backend ended without an answer\n")
            return
        self.send_response(status)
        for key, value in headers:
            self.send_header(key, value)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while block := stdout.read1(CHUNK):
            self.wfile.write(b"%x\r\n%b\r\n" % (len(block), block))
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, format: str, *args: object) -> None:
        if not self.path.startswith("/-/"):
            super().log_message(format, *args)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--repository", type=Path, required=True, help="the bare repository, NAME.git"
    )
    parser.add_argument("--branch", default="main", help="its default branch (%(default)s)")
    parser.add_argument("--address", default="0.0.0.0")
    parser.add_argument("--port", type=int, default=8080, help="0 takes a free one and prints it")
    parser.add_argument("--charts", type=Path, help="a Helm repository, served below /charts/")
    parser.add_argument("--username", default="lakestead")
    parser.add_argument("--password-file", type=Path, required=True)
    return parser.parse_args()


def main() -> None:
    options = arguments()
    password = options.password_file.read_text().strip()
    if not password:
        sys.exit(f"{options.password_file} is empty: expected the password")
    if shutil.which("git") is None:
        sys.exit("git is not installed")
    prepare_repository(options.repository, options.branch)
    server = GitServer(
        (options.address, options.port),
        options.repository.absolute(),
        options.username,
        password,
        options.charts,
    )
    # shutdown() waits for the loop that this very thread runs, so it must be called from another one.
    stop = threading.Thread(target=server.shutdown)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.start() if not stop.ident else None)
    print(f"serving {options.repository.name} on port {server.server_address[1]}", flush=True)
    server.serve_forever(poll_interval=0.1)
    server.server_close()


if __name__ == "__main__":
    main()
