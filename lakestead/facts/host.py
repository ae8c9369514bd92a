"""A machine: cores, memory, disks and their use, load, kernel, and how far its clock is off."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from pyinfra.api import FactBase
from pyinfra.api.exceptions import FactProcessError
from typing_extensions import override

# One command for all: a connection's round trip is most of the time that a fact takes.
COMMAND = """echo "#hostname"; uname -n
echo "#cores"; getconf _NPROCESSORS_ONLN
echo "#memory"; grep -E '^(MemTotal|MemAvailable):' /proc/meminfo
echo "#load"; cat /proc/loadavg
echo "#kernel"; uname -r
echo "#clock"; date +%s.%N
echo "#disks"; df -PTk 2>/dev/null || true"""

# File systems that are no disk, or somebody else's.
NO_DISKS = (
    "tmpfs", "devtmpfs", "overlay", "squashfs", "shm", "efivarfs", "fuse", "nfs", "cifs", "9p",
    "proc", "sysfs", "cgroup", "none", "udev", "ramfs",
)  # fmt: skip


class Machine(FactBase[dict[str, Any]]):
    """What a machine says of itself; a key that it does not know is None.

    + hostname, cores, kernel
    + memory, memory_available: bytes
    + load: over 1, 5 and 15 minutes
    + disks: ``{"mount", "device", "type", "size", "used"}``, bytes
    + drift, drift_error: seconds that its clock is ahead of this machine's, and how exact that is

    .. code:: python

        host.get_fact(Machine)
    """

    asked: float = 0.0

    @override
    def command(self) -> str:
        self.asked = time.time()
        return COMMAND

    @override
    def process(self, output: Iterable[str]) -> dict[str, Any]:
        answered = time.time()
        try:
            found = parse(output)
        except (ValueError, IndexError, KeyError) as error:
            raise FactProcessError(f"it answers something else: {error!r}") from error
        clock = found.pop("clock")
        found["drift"] = found["drift_error"] = None
        if clock is not None:
            found["drift"] = round(clock - (self.asked + answered) / 2, 3)
            found["drift_error"] = round((answered - self.asked) / 2, 3)
        return found


def parse(output: Iterable[str]) -> dict[str, Any]:
    """What the command printed; ``clock`` is in seconds."""
    parts: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in output:
        if line.startswith("#"):
            lines = parts[line[1:].strip()] = []
        elif line.strip():
            lines.append(line.strip())
    memory = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in parts.get("memory", ())}
    return {
        "hostname": _first(parts, "hostname"),
        "cores": None if (cores := _first(parts, "cores")) is None else int(cores),
        "memory": memory.get("MemTotal"),
        "memory_available": memory.get("MemAvailable"),
        "load": None
        if (load := _first(parts, "load")) is None
        else [float(number) for number in load.split()[:3]],
        "kernel": _first(parts, "kernel"),
        "clock": _clock(_first(parts, "clock")),
        "disks": _disks(parts["disks"][1:]) if len(parts.get("disks", ())) > 1 else None,
    }


def _first(parts: dict[str, list[str]], name: str) -> str | None:
    return parts[name][0] if parts.get(name) else None


def _clock(text: str | None) -> float | None:
    """BusyBox prints no fraction, or the letter N in its place."""
    return None if text is None else float(text.rstrip("N.") or 0)


def _disks(lines: list[str]) -> list[dict[str, Any]]:
    found = {}
    for line in lines:
        device, kind, size, used, _, _, mount = line.split(None, 6)
        if kind.startswith(NO_DISKS) or not size.isdigit() or device in found:
            continue
        found[device] = {
            "mount": mount,
            "device": device,
            "type": kind,
            "size": int(size) * 1024,
            "used": int(used) * 1024,
        }
    return list(found.values())
