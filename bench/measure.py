"""Run a tool once and keep what it took."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from bench.cluster import Cluster
from bench.tools import HERE, Tool, environment


@dataclass(slots=True)
class Measured:
    """What one tool took for one work, a value a run.

    + cpu_s, server_cpu_s: processor time of the tool, and of kube-apiserver meanwhile
    + calls: API calls by verb, of the last run
    """

    seconds: list[float] = field(default_factory=list)
    rss_mib: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)
    server_cpu_s: list[float] = field(default_factory=list)
    calls: dict[str, int] = field(default_factory=dict)

    @property
    def median(self) -> float:
        """Seconds of the median run."""
        return statistics.median(self.seconds)

    @property
    def requests(self) -> int:
        """API calls of the last run."""
        return sum(self.calls.values())


@dataclass(frozen=True, slots=True)
class Scene:
    """Where the runs of one work are made: a server, a way to it, and folders for tools' files."""

    cluster: Cluster
    kubeconfig: Path
    folder: Path

    def measure(self, tool: Tool, work: str, into: Measured) -> None:
        """One run, its values and its API calls added to ``into``."""
        since = self.cluster.server.mark()
        server = self.cluster.server_cpu()
        result = self.run(tool, work)
        into.server_cpu_s.append(self.cluster.server_cpu() - server)
        into.seconds.append(result["seconds"])
        into.rss_mib.append(result["rss_mib"])
        into.cpu_s.append(result["cpu_s"])
        into.calls = self.cluster.server.count(since)
        say(f"  {tool.name:<10} {work:<16} {result['seconds']:8.2f} s {into.requests:7} calls")

    def run(self, tool: Tool, work: str) -> dict[str, float]:
        """One run: seconds, peak resident MiB, seconds of CPU; RuntimeError where it failed."""
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        command = tool.works[work]
        output = self.folder / f"{tool.name}-{work}.out"
        done = subprocess.run(
            [sys.executable, "-I", "-S", str(HERE / "once.py"), str(output), *command.argv],
            env=environment(tool, self.kubeconfig, home),
            cwd=home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=True,
        )
        result: dict[str, float] = json.loads(done.stdout)
        printed = output.read_text(errors="replace")
        if not command.good(int(result["code"]), printed):
            raise RuntimeError(
                f"{tool.name} {work} ended with {result['code']} and printed:\n"
                + "\n".join(printed.splitlines()[-40:])
            )
        return result


def say(line: str) -> None:
    """Tell a person what is being done."""
    print(f"{time.strftime('%H:%M:%S')} {line}", file=sys.stderr, flush=True)
