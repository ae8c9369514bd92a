"""Starts pyinfra again and again with its libraries loaded: what most of a run that dies early waits for.

Reads one run a line, ``{"arguments": […], "output": FILE}``; answers with the run's pid, and with its exit code
when it has ended. Each run is a process of its own.
"""

from __future__ import annotations

import json
import os
import sys

from pyinfra_cli.main import main  # first: it patches the standard library

# isort: split
import boto3  # noqa: F401
import kubernetes.client  # noqa: F401
import pyarrow.fs  # noqa: F401
import pyiceberg.catalog.hive  # noqa: F401
import pyinfra.operations.postgres  # noqa: F401

import lakestead.connectors.kubepod
import lakestead.operations.iceberg
import lakestead.settings  # noqa: F401


def become(arguments: list[str], output: str) -> None:
    """This process is the run now."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    null, file = os.open("/dev/null", os.O_RDONLY), os.open(output, flags, 0o600)
    for number, source in ((0, null), (1, file), (2, file)):
        os.dup2(source, number)
    sys.argv = ["pyinfra", *arguments]
    main()


def serve() -> None:
    """Until standard input ends."""
    pending = b""
    while data := os.read(0, 65536):
        pending += data
        while b"\n" in pending:
            line, pending = pending.split(b"\n", 1)
            pid = os.fork()
            if pid == 0:
                become(**json.loads(line))
                os._exit(0)
            os.write(1, f"{pid}\n".encode())
            _, status = os.waitpid(pid, 0)
            os.write(1, f"{os.waitstatus_to_exitcode(status)}\n".encode())


serve()
