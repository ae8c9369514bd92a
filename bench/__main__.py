"""Plan and apply against the peers, side by side in one run: prints a table, leaves results.json.

python -m bench [--n N]... [--rtt MS]... [--runs RUNS] [--peer PEER]... [--results FILE]

In a turn every tool has the same API server for itself, emptied before: it applies the objects from
nothing, applies them again, and shows that nothing differs. So nobody's objects have other managers.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
from pathlib import Path

from bench import crowd, install, ssh_facts
from bench.cluster import Cluster, Object, load
from bench.measure import Scene, say
from bench.objects import generate
from bench.proxy import far_away, quality, server
from bench.results import Results, merged
from bench.table import table
from bench.tools import OURS, PEERS, Tool, discovery, tools
from tests.kwok import kwok_nodes

WORKS = ("apply-new", "apply-unchanged", "diff-unchanged")
SLOW = 120.0
"""Seconds of a run from which on a peer is not run again."""
LARGE = "/apis/apps/v1/deployments"
"""A list whose answer is large."""


class Bench:
    """One run of the benchmark."""

    def __init__(self, peers: list[str], runs: int) -> None:
        self.installed = install.ensure()
        self.names = (OURS, *peers)
        self.runs = runs
        self.results = Results()

    def help(self) -> None:
        """Each tool's help, which needs no server."""
        with tempfile.TemporaryDirectory(prefix="lakestead-bench-") as name, Cluster.running() as c:
            folder = Path(name)
            generate.write(folder / "objects", generate.PER_TEAM)
            known = tools(self.installed, c, load(folder / "objects"), folder, c.server.url)
            scene = Scene(c, c.server.kubeconfig, folder)
            for _ in range(max(5, self.runs)):
                for tool in self._wanted(known):
                    scene.measure(tool, "help", self.results.of("help", 0, 0, tool.name))

    def sized(self, count: int, rtt: int) -> None:
        """All works with ``count`` objects and a round trip of ``rtt`` milliseconds."""
        with tempfile.TemporaryDirectory(prefix="lakestead-bench-") as name:
            folder = Path(name)
            generate.write(folder / "objects", count)
            objects = load(folder / "objects")
            for turn in range(self.runs):
                say(f"N = {count}, {rtt} ms, turn {turn + 1} of {self.runs}")
                # A server a turn, so that no turn pays for what the ones before it left behind.
                with (
                    Cluster.running() as cluster,
                    far_away(self.installed.latency, cluster, rtt, folder) as kubeconfig,
                ):
                    self._turn(Scene(cluster, kubeconfig, folder), objects, rtt)

    def capacity(self, nodes: int, pods: int) -> None:
        """A capacity review of a large cluster, which is read and not changed."""
        with (
            tempfile.TemporaryDirectory(prefix="lakestead-bench-") as name,
            Cluster.running() as c,
            kwok_nodes(c.server),
        ):
            say(f"capacity: {nodes} nodes, {pods} pods")
            crowd.fill(c, nodes, pods)
            scene = Scene(c, c.server.kubeconfig, Path(name))
            self.results.lists[pods] = crowd.pages(nodes, pods)
            for turn in range(self.runs):
                say(f"capacity, turn {turn + 1} of {self.runs}")
                for tool in crowd.crowd_tools(self.installed, c):
                    found = self.results.of("capacity", pods, 0, tool.name)
                    if not any(seconds > SLOW for seconds in found.seconds):
                        scene.measure(tool, "capacity", found)

    def hosts(self, count: int) -> None:
        """Facts of hosts over SSH, and the share of it that is pyinfra's own."""
        say(f"facts of {count} hosts over SSH")
        self.results.hosts = ssh_facts.measured(count, self.runs)

    def _turn(self, scene: Scene, objects: list[Object], rtt: int) -> None:
        cluster, url = scene.cluster, server(scene.kubeconfig)
        for tool in self._wanted(tools(self.installed, cluster, objects, scene.folder, url)):
            measured = {work: self.results.of(work, len(objects), rtt, tool.name) for work in WORKS}
            if tool.name != OURS and any(
                seconds > SLOW for found in measured.values() for seconds in found.seconds
            ):
                continue
            cluster.empty(objects)
            # kubectl keeps what kinds there are, on a machine where it is used.
            scene.run(discovery(self.installed), "discovery")
            for work, found in measured.items():
                scene.measure(tool, work, found)
                missing = cluster.missing(objects)
                if missing:
                    raise RuntimeError(f"{tool.name} {work} did not make {missing[:5]}")
            self.results.pages[len(objects)] = cluster.pages(objects)
        if rtt:
            self.results.proxy[rtt] = quality(cluster, scene.kubeconfig, LARGE)

    def _wanted(self, known: list[Tool]) -> list[Tool]:
        return [tool for tool in known if tool.name in self.names]


def main() -> None:
    """The command line."""
    quick = bool(os.environ.get("QUICK"))
    parser = argparse.ArgumentParser(prog="python -m bench", description="See docs/performance.md.")
    parser.add_argument("--n", type=int, action="append", help="objects, a multiple of 50")
    parser.add_argument("--rtt", type=int, action="append", help="milliseconds of a round trip")
    parser.add_argument("--peer", action="append", choices=PEERS, help="instead of all")
    parser.add_argument("--runs", type=int, default=2 if quick else 5)
    parser.add_argument("--nodes", type=int, default=1000, help="of the cluster that is reviewed")
    parser.add_argument("--hosts", type=int, default=200, help="over SSH; 0 for none")
    parser.add_argument("--only", choices=("plan", "capacity"), help="a part")
    parser.add_argument("--results", type=Path, default=Path(__file__).parent / "results.json")
    options = parser.parse_args()
    # What was measured until then is printed and kept.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    bench = Bench(options.peer or list(PEERS), options.runs)
    try:
        if options.only != "plan":
            bench.capacity(*([200, 6000] if quick else [options.nodes, options.nodes * 30]))
            if options.hosts:
                bench.hosts(20 if quick else options.hosts)
        if options.only != "capacity":
            bench.help()
            for count in options.n or ([50, 500] if quick else [50, 500, 5000]):
                for rtt in options.rtt or [0, 20]:
                    bench.sized(count, rtt)
    finally:
        found = bench.results.document(bench.installed)
        part = options.only or options.n or options.rtt or options.peer
        if part and options.results.exists():
            found = merged(json.loads(options.results.read_text()), found)
        options.results.write_text(json.dumps(found, indent=1) + "\n")
        print(table(found))


if __name__ == "__main__":
    main()
