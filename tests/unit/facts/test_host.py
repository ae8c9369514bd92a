"""What machines print, with GNU tools and with BusyBox."""

from __future__ import annotations

import subprocess
import time

import pytest

from lakestead.facts.host import COMMAND, Machine, parse

GNU = """#hostname
worker-1
#cores
8
#memory
MemTotal:       65536 kB
MemAvailable:   32768 kB
#load
0.50 0.25 0.10 2/345 678
#kernel
6.12.5
#clock
1700000000.500000000
#disks
Filesystem     Type     1024-blocks  Used Available Capacity Mounted on
/dev/nvme0n1p2 ext4     1000  400  600  40% /
tmpfs          tmpfs     100    0  100   0% /run
/dev/nvme0n1p2 ext4     1000  400  600  40% /var/lib/kubelet/pods/x
/dev/sdb1      xfs      2000  100 1900   5% /var/lib/rook with space
"""


def test_gnu() -> None:
    found = parse(GNU.splitlines())
    assert found["hostname"] == "worker-1"
    assert (found["cores"], found["kernel"]) == (8, "6.12.5")
    assert (found["memory"], found["memory_available"]) == (65536 * 1024, 32768 * 1024)
    assert found["load"] == [0.5, 0.25, 0.1]
    assert found["clock"] == 1700000000.5
    assert [(disk["mount"], disk["used"]) for disk in found["disks"]] == [
        ("/", 400 * 1024),
        ("/var/lib/rook with space", 100 * 1024),
    ]


def test_what_is_not_there_is_unknown() -> None:
    found = parse(["#hostname", "a", "#cores", "#memory", "#clock", "1700000000.N", "#disks"])
    assert (found["cores"], found["memory"], found["load"], found["disks"]) == (None,) * 4
    assert found["clock"] == 1700000000


@pytest.mark.parametrize("clock", [0.0, -120.0])
def test_this_machine(clock: float) -> None:
    fact = Machine()
    assert fact.command() == COMMAND
    fact.asked += clock
    printed = subprocess.run(["sh", "-c", COMMAND], capture_output=True, text=True, check=True)
    found = fact.process(printed.stdout.splitlines())
    assert found["cores"]
    assert found["memory"]
    assert found["kernel"]
    # Half of what passed since it was asked, which here is not the way but the fact's own doing.
    assert abs(found["drift"] - (time.time() - fact.asked) / 2) < 5
