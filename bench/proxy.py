"""A server that is further away than it is."""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.cluster import Cluster
from bench.floor import Client


@contextmanager
def far_away(program: Path, cluster: Cluster, rtt_ms: int, folder: Path) -> Iterator[Path]:
    """A kubeconfig by which the server is ``rtt_ms`` milliseconds further away."""
    original = cluster.server.kubeconfig
    if not rtt_ms:
        yield original
        return
    target = cluster.server.url.removeprefix("https://")
    proxy = subprocess.Popen(
        ["setpriv", "--pdeathsig", "KILL", program, "127.0.0.1:0", target, f"{rtt_ms}ms"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert proxy.stdout is not None
        address = proxy.stdout.readline().strip()
        kubeconfig = folder / f"kubeconfig-{rtt_ms}ms"
        kubeconfig.touch(mode=0o600)
        kubeconfig.write_text(original.read_text().replace(target, address))
        yield kubeconfig
    finally:
        proxy.kill()
        proxy.wait()


def quality(cluster: Cluster, kubeconfig: Path, path: str) -> dict[str, float]:
    """What the proxy adds to a small request, and how much of a large answer it carries a second.

    + path: of a large answer
    """
    near = cluster.client
    far = Client(server(kubeconfig), *cluster.credentials)
    times = {}
    for name, client in (("near", near), ("far", far)):
        client.send([("GET", "/version", None)])
        for what, asked, repeats in (("small", "/version", 20), ("large", path, 5)):
            taken = []
            for _ in range(repeats):
                start = time.perf_counter()
                ((_, content),) = client.send([("GET", asked, None)])
                taken.append(time.perf_counter() - start)
            times[name, what] = statistics.median(taken)
            size = len(content)
    return {
        "added_ms": round(1000 * (times["far", "small"] - times["near", "small"]), 2),
        "answer_mb": round(size / 1e6, 1),
        "near_mb_s": round(size / 1e6 / times["near", "large"], 1),
        "far_mb_s": round(size / 1e6 / (times["far", "large"]), 1),
    }


def server(kubeconfig: Path) -> str:
    """The server's address in a kubeconfig."""
    return kubeconfig.read_text().split("server: ")[1].split()[0]
