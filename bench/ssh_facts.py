"""Facts of many hosts over SSH: real servers on loopback addresses, some that hang or fail.

The share that is pyinfra's and ours: the same commands by paramiko alone, as many at a time.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from pathlib import Path

from tests.ssh_hosts import SshHosts

BAD = 4  # of each kind, of 200
WITHIN = 20.0

OURS = """
import json, resource, sys, time
import pyinfra_cli
from lakestead.capacity.hosts import host_facts
from lakestead.plan.document import Target
from lakestead.run.deploy import Hosts
with Hosts(Target(deploy="", inventory=sys.argv[1])) as run:
    hosts = list(run.state.inventory)
    chosen = [host for host in hosts if sys.argv[2] == "all" or host.name in sys.argv[2].split(",")]
    usage = resource.getrusage(resource.RUSAGE_SELF)
    before, began = usage.ru_utime + usage.ru_stime, time.perf_counter()
    found = host_facts(run.state, chosen)
    seconds = time.perf_counter() - began
    usage = resource.getrusage(resource.RUSAGE_SELF)
    cpu = usage.ru_utime + usage.ru_stime - before
print(json.dumps([seconds, cpu, {item.host: item.error for item in found}]))
import os
sys.stdout.flush(); os._exit(0)
"""

BARE = """
import gevent.monkey
gevent.monkey.patch_all()
import json, os, resource, sys, time
import paramiko
from gevent.pool import Pool
from lakestead.facts.host import COMMAND
data = json.loads(sys.argv[1])
def ask(one):
    client = paramiko.SSHClient()
    client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
    client.connect(one["ssh_hostname"], one["ssh_port"], one["ssh_user"], key_filename=one["ssh_key"],
                   allow_agent=False, look_for_keys=False)
    _, out, _ = client.exec_command(COMMAND)
    text = out.read()
    return len(text)
usage = resource.getrusage(resource.RUSAGE_SELF)
before, began = usage.ru_utime + usage.ru_stime, time.perf_counter()
sizes = list(Pool(16).map(ask, data))
seconds = time.perf_counter() - began
usage = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps([seconds, usage.ru_utime + usage.ru_stime - before, min(sizes)]))
sys.stdout.flush(); os._exit(0)
"""


def measured(count: int, runs: int) -> dict[str, float]:
    """Medians of ``runs``; then once with all, those that hang or fail too."""
    bad = max(1, count * BAD // 200)
    with SshHosts.running(count - 4 * bad, mute=bad, closed=bad, foreign=bad, stuck=bad) as hosts:
        inventory = hosts.folder / "inventory.py"
        inventory.write_text(hosts.inventory())
        good = ",".join(hosts.good)
        data = json.dumps([hosts.data(address) for address in hosts.good])
        ours, bare = [], []
        for _ in range(runs):
            ours.append(_run(OURS, hosts.folder, str(inventory), good))
            bare.append(_run(BARE, hosts.folder, data))
        seconds, _, errors = _run(OURS, hosts.folder, str(inventory), "all")
    told = [address for address, error in errors.items() if error]
    if sorted(told) != sorted(set(hosts.all) - set(hosts.good)):
        wrong = {address: errors[address] for address in told if address in hosts.good}
        raise RuntimeError(f"good hosts that failed: {wrong}")
    cpu, bare_cpu = (statistics.median(run[1] for run in found) for found in (ours, bare))
    return {
        "hosts": len(hosts.good),
        "seconds": round(statistics.median(run[0] for run in ours), 2),
        "cpu_s": round(cpu, 2),
        "bare_seconds": round(statistics.median(run[0] for run in bare), 2),
        "bare_cpu_s": round(bare_cpu, 2),
        "own_share": round(max(0.0, 1 - bare_cpu / cpu), 3),
        "all_hosts": count,
        "all_seconds": round(seconds, 2),
        "answered": len(errors) - len(told),
        "told": len(told),
    }


def _run(program: str, folder: Path, *arguments: str) -> list:  # type: ignore[type-arg]
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=folder, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    print(json.dumps(measured(int(sys.argv[1]), int(sys.argv[2])), indent=1))
