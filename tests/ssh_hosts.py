"""Hosts with a real SSH server, on loopback addresses of this machine: Debian's ``openssh-server``.

Some are as hosts are: they hang before they say a word, nothing listens, the key is not theirs, or the
command never ends.
"""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

SSHD = "/usr/sbin/sshd"
AT_ONCE = 16  # addresses that one sshd listens on
USER = "root"


@dataclass(frozen=True, slots=True)
class SshHosts:
    """Addresses by what is the matter with them, and how they are reached."""

    good: Sequence[str]
    mute: Sequence[str]
    closed: Sequence[str]
    foreign: Sequence[str]
    stuck: Sequence[str]
    port: int
    key: Path
    folder: Path

    @property
    def all(self) -> list[str]:
        """Every address."""
        return [*self.good, *self.mute, *self.closed, *self.foreign, *self.stuck]

    def data(self, address: str) -> dict[str, Any]:
        """pyinfra's data of a host."""
        return {
            "ssh_hostname": address,
            "ssh_port": self.port,
            "ssh_user": USER,
            "ssh_key": str(self.folder / "wrong" if address in self.foreign else self.key),
            "ssh_known_hosts_file": str(self.folder / "known_hosts"),
            "ssh_allow_agent": False,
            "ssh_look_for_keys": False,
        }

    def inventory(self, cluster: str = "") -> str:
        """An inventory file with all of them in group ``nodes``."""
        hosts = [(address, self.data(address)) for address in self.all]
        return (f"cluster = [{cluster!r}]\n" if cluster else "") + f"nodes = {hosts!r}\n"

    @classmethod
    @contextmanager
    def running(
        cls, good: int, *, mute: int = 0, closed: int = 0, foreign: int = 0, stuck: int = 0
    ) -> Iterator[SshHosts]:
        """So many of each, until the end of the block."""
        if not Path(SSHD).exists():
            pytest.fail("hosts are asked over SSH: apt-get install openssh-server")
        counts = (good, mute, closed, foreign, stuck)
        addresses = iter(f"127.77.{n // 250}.{n % 250 + 1}" for n in range(sum(counts)))
        kinds = [[next(addresses) for _ in range(count)] for count in counts]
        with ExitStack() as ending:
            folder = Path(tempfile.mkdtemp(prefix="lakestead-ssh-"))
            ending.callback(shutil.rmtree, folder, ignore_errors=True)
            for name in ("host", "key", "wrong"):
                _keygen(folder / name)
            found = cls(*kinds, port=_free_port(), key=folder / "key", folder=folder)  # type: ignore[misc]
            served = [*found.good, *found.foreign, *found.stuck]
            for start in range(0, len(served), AT_ONCE):
                ending.enter_context(found._sshd(served[start : start + AT_ONCE], start))
            for address in found.mute:
                listener = ending.enter_context(socket.socket())
                listener.bind((address, found.port))
                listener.listen()
            yield found

    @contextmanager
    def _sshd(self, addresses: Sequence[str], number: int) -> Iterator[None]:
        config = self.folder / f"sshd-{number}.conf"
        lines = [
            *(f"ListenAddress {address}" for address in addresses),
            f"Port {self.port}",
            f"HostKey {self.folder / 'host'}",
            f"AuthorizedKeysFile {self.key}.pub",
            "PidFile none",
            "StrictModes no",
            "UsePAM no",
            "PermitRootLogin yes",
            "PasswordAuthentication no",
            "MaxStartups 300",
            *(f"Match LocalAddress {address}\n  ForceCommand sleep 600"
              for address in addresses if address in self.stuck),
        ]  # fmt: skip
        config.write_text("\n".join(lines) + "\n")
        Path("/run/sshd").mkdir(exist_ok=True)
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", SSHD, "-D", "-e", "-f", str(config)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=(self.folder / f"sshd-{number}.log").open("w"),
        )
        try:
            _wait(addresses[-1], self.port, process)
            yield
        finally:
            process.terminate()
            process.wait()


def _keygen(file: Path) -> None:
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(file)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(address: str, port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 20
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection((address, port), 1):
            return
        time.sleep(0.02)
    raise RuntimeError(f"no sshd on {address}:{port}")
