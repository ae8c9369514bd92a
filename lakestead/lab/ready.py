"""Whether a part of the lab answers, and is the lab's own: proved by certificate or by process."""

from __future__ import annotations

import http.client
import socket
import ssl
import struct
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from lakestead.errors import LakesteadError
from lakestead.lab import control_plane
from lakestead.lab.network import NODE_ADDRESS
from lakestead.lab.node import containerd_socket
from lakestead.lab.process import Program

Check = Callable[[], str]
"""Returns what is missing, or nothing ("") where the part is ready."""


def https(url: str) -> Check:
    """Ready when the address answers 200, with certificates of the lab's authority on both ends."""

    def check() -> str:
        parts = urlsplit(url)
        connection = http.client.HTTPSConnection(
            parts.hostname or "", parts.port, timeout=3, context=_tls()
        )
        try:
            connection.request("GET", parts.path)
            answer = connection.getresponse()
            body = answer.read().decode(errors="replace")
        except (OSError, http.client.HTTPException) as error:
            return f"{url}: {error}"
        finally:
            connection.close()
        if answer.status == 200:
            return ""
        return f"{url}: {answer.status} {_failing(body)}"

    return check


def _failing(body: str) -> str:
    """Of a health report, the checks that fail; else its last line."""
    failing = [line[3:].split()[0] for line in body.splitlines() if line.startswith("[-]")]
    if not failing:
        return (body.strip().splitlines() or [""])[-1][:200]
    return failing[0] + (f" and {len(failing) - 1} more" if len(failing) > 1 else "")


def _tls() -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(control_plane.authority().files.certificate))
    files = control_plane.admin()
    context.load_cert_chain(files.certificate, files.key)
    return context


def owned_socket(program: Program) -> Check:
    """Ready when containerd's socket is answered by the very process that the lab started."""

    def check() -> str:
        running = program.running()
        if running is None:
            return "not running"
        with socket.socket(socket.AF_UNIX) as client:
            try:
                client.connect(str(containerd_socket()))
            except OSError as error:
                return f"{containerd_socket()}: {error.strerror}"
            credentials = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        pid = struct.unpack("3i", credentials)[0]
        return "" if pid == running.pid else f"process {pid} answers, not the lab's {running.pid}"

    return check


def tcp(port: int) -> Check:
    """Ready when the port on the lab's address takes a connection."""

    def check() -> str:
        try:
            socket.create_connection((NODE_ADDRESS, port), timeout=1).close()
        except OSError as error:
            return f"{NODE_ADDRESS}:{port}: {error}"
        return ""

    return check


def wait_for(
    program: Program, check: Check, say: Callable[[str], None], patience: float = 90
) -> None:
    """Wait until a program that was started answers.

    :param patience: seconds.
    :raises LakesteadError: with the end of its log, if it ends or does not answer in time.
    """
    deadline = time.monotonic() + patience
    while missing := check():
        say(f"waits for {missing}")
        if program.running() is None:
            problem = f"{program.name} ended while it was starting"
        elif time.monotonic() > deadline:
            problem = f"{program.name} did not answer within {patience:.0f} s: {missing}"
        else:
            time.sleep(0.1)
            continue
        raise LakesteadError(
            problem,
            where=str(program.log),
            found=program.last_lines(),
            do=f"lakestead lab logs {program.name}",
        )
