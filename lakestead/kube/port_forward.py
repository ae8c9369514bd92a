"""A port of a pod on this machine, by ``kubectl port-forward``."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from gevent import Timeout

from lakestead.errors import LakesteadError
from lakestead.kube.kubeconfig import Access

WITHIN = 20.0
"""Seconds until it must forward."""


@contextmanager
def port_forward(
    access: Access, kubectl: str, namespace: str, pod: str, port: int
) -> Iterator[int]:
    """The local port, as long as the body runs.

    + kubectl: the program

    Raises LakesteadError with what kubectl said.
    """
    command = [kubectl, "--context", access.context, "--namespace", namespace, "port-forward"]
    try:
        process = subprocess.Popen(
            [*command, "--address", "127.0.0.1", f"pod/{pod}", f":{port}"],
            env={**os.environ, "KUBECONFIG": access.kubeconfig},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    except OSError as error:
        raise LakesteadError(
            "There is no kubectl, which forwards the port of a pod",
            where=kubectl,
            found=error.strerror or str(error),
            do="install kubectl, or name it in flux.kubectl",
        ) from None
    try:
        yield _local_port(process, f"pod {namespace}/{pod}")
    finally:
        process.terminate()
        process.wait()


def _local_port(process: subprocess.Popen[str], what: str) -> int:
    said = ""
    assert process.stdout is not None
    with Timeout(WITHIN, False):
        for line in process.stdout:
            said += line
            if found := re.search(r"^Forwarding from 127\.0\.0\.1:(\d+)", line):
                return int(found[1])
    raise LakesteadError(f"The port of {what} cannot be forwarded", found=said or "no answer")
