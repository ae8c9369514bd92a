"""A real browser without a window: Debian's ``chromium``, which ``make debian`` installs."""

from __future__ import annotations

import shutil
import socketserver
import struct
import subprocess
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-domain-reliability", "--no-pings", "--disable-default-apps",
    "--proxy-bypass-list=<-loopback>",
)  # fmt: skip
# What a browser asks for by itself, whatever the page.
ITS_OWN = ("googleapis.com", "google.com", "gvt1.com", "gstatic.com")
LIGHT, DARK = "--blink-settings=preferredColorScheme=1", "--blink-settings=preferredColorScheme=0"


class Browser:
    """Opens files; every request to the network goes to ``asked`` and nowhere else."""

    def __init__(self, folder: Path, proxy: int) -> None:
        self._folder = folder
        self._proxy = proxy
        self.asked: list[str] = []

    @classmethod
    @contextmanager
    def running(cls, folder: Path) -> Iterator[Browser]:
        """With a proxy that writes down what is asked of it."""
        with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Proxy) as proxy:
            made = cls(folder, proxy.server_address[1])
            proxy.asked = made.asked  # type: ignore[attr-defined]
            thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            try:
                yield made
            finally:
                proxy.shutdown()
                thread.join()

    def document(self, page: Path) -> str:
        """What the browser made of a page."""
        return self._run("--dump-dom", page.as_uri())

    def picture(self, page: Path, scheme: str, width: int = 1200, height: int = 1600) -> Path:
        """A PNG of the page's top."""
        file = self._folder / f"{page.stem}-{scheme[-1]}.png"
        self._run(scheme, f"--window-size={width},{height}", f"--screenshot={file}", page.as_uri())
        return file

    def _run(self, *arguments: str) -> str:
        program = shutil.which("chromium")
        if program is None:
            pytest.fail("the page is looked at in a real browser: apt-get install chromium")
        proxy = f"--proxy-server=127.0.0.1:{self._proxy}"
        profile = f"--user-data-dir={self._folder / 'profile'}"
        done = subprocess.run(
            [program, *FLAGS, proxy, profile, *arguments],
            capture_output=True, text=True, timeout=120, check=True,
        )  # fmt: skip
        return done.stdout


class _Proxy(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        asked: list[str] = self.server.asked  # type: ignore[attr-defined]
        line = self.rfile.readline().decode("latin-1").strip()
        if not any(host in line for host in ITS_OWN):
            asked.append(line)
        self.wfile.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")


def pixels(png: Path) -> list[list[tuple[int, ...]]]:
    """The rows of a PNG of 8 bits a channel."""
    data = png.read_bytes()[8:]
    width = height = step = 0
    packed = b""
    while data:
        size, kind = struct.unpack(">I4s", data[:8])
        body, data = data[8 : 8 + size], data[12 + size :]
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack(">IIBB", body[:10])
            assert depth == 8
            step = {2: 3, 6: 4}[colour]
        elif kind == b"IDAT":
            packed += body
    raw, rows = zlib.decompress(packed), []
    before = bytearray(width * step)
    for number in range(height):
        start = number * (width * step + 1)
        line = bytearray(raw[start + 1 : start + 1 + width * step])
        _unfilter(raw[start], line, before, step)
        rows.append([tuple(line[at : at + 3]) for at in range(0, len(line), step)])
        before = line
    return rows


def _unfilter(kind: int, line: bytearray, before: bytearray, step: int) -> None:
    for at in range(len(line)):
        left = line[at - step] if at >= step else 0
        above = before[at]
        corner = before[at - step] if at >= step else 0
        if kind == 1:
            line[at] = (line[at] + left) & 255
        elif kind == 2:
            line[at] = (line[at] + above) & 255
        elif kind == 3:
            line[at] = (line[at] + (left + above) // 2) & 255
        elif kind == 4:
            guess = left + above - corner
            best = min((left, above, corner), key=lambda value: abs(guess - value))
            line[at] = (line[at] + best) & 255
