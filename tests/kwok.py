"""Nodes without machines: kwok beside an API server of one's own.

Nodes with ``KWOK``'s annotation get what a kubelet reports: they become Ready and stay it by leases and
heartbeats, and pods that are bound to them run. Kubernetes' own node lifecycle controller watches them,
so that ready nodes lose the taint that new ones have, and the others are tainted for what they are.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lakestead.lab.golang import go_program
from tests.api_server import ApiServer, _free_port, _process

KWOK = {"kwok.x-k8s.io/node": "fake"}
"""The annotation of nodes that kwok keeps."""
SILENCE = "200s"
"""After which a node is lost: kwok renews leases every 40 s. On a machine that has more to do than it can,
a kubelet's 10 s would be missed by some of a thousand nodes, which then come and go."""
_CONFIGURATION = Path(__file__).with_name("kwok.yaml")


@contextmanager
def kwok_nodes(server: ApiServer) -> Iterator[None]:
    """Keep annotated nodes until the end of the block; kwok is built first where it is missing."""
    program = go_program("kwok")
    program.ensure(lambda line: print(line, file=sys.stderr))
    argv = [
        str(program.program("kwok")),
        f"--kubeconfig={server.kubeconfig_of('kwok')}",
        f"--config={_CONFIGURATION}",
    ]
    with (
        controllers(server, "node-lifecycle-controller", f"--node-monitor-grace-period={SILENCE}"),
        _process(argv, server.folder / "kwok.log"),
    ):
        yield


@contextmanager
def controllers(server: ApiServer, name: str, *flags: str) -> Iterator[None]:
    """Run one of Kubernetes' controllers until the end of the block."""
    argv = [
        str(go_program("kubernetes").program("kube-controller-manager")),
        f"--kubeconfig={server.kubeconfig_of(name)}",
        f"--controllers={name}",
        *flags,
        "--leader-elect=false",
        "--kube-api-qps=1000",
        "--kube-api-burst=1000",
        "--bind-address=127.0.0.1",
        f"--secure-port={_free_port()}",
        f"--cert-dir={server.folder / name}",
    ]
    with _process(argv, server.folder / f"{name}.log"):
        yield
