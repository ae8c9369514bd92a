"""A client that asks again and again until its standard input ends, one JSON line an answer.

``python -m bench.availability.client KIND``, with the lab's settings:

- ``new``: every 100 ms one look-up of the proof table (Thrift ``get_table``), each on a connection of its own, as Trino and
  pyiceberg do
- ``kept``: the same on one connection, which is made anew only after an error, as Spark's and Iceberg's pools
  do; the next request waits for the answer to the last
- ``table``: twice a second, reads the proof table with pyiceberg: a look-up, then metadata and data from the
  object storage

Nothing is asked twice: Thrift's Python client and pyiceberg's catalog do not retry. Reading files, pyarrow's S3
client tries three times.
"""

from __future__ import annotations

import json
import logging
import os
import runpy
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from hive_metastore import ThriftHiveMetastore
from thrift.protocol.TBinaryProtocol import TBinaryProtocol
from thrift.transport.TSocket import TSocket
from thrift.transport.TTransport import TBufferedTransport

from lakestead.iceberg.catalog import connect
from lakestead.kube.client import Api
from lakestead.rgw.key_secrets import user_secret
from lakestead.settings.iceberg import Iceberg
from lakestead.settings.object_storage import ObjectStorage

INTERVAL = {"new": 0.1, "kept": 0.1, "table": 0.5}  # seconds
TIMEOUT = (
    10.0  # seconds, as Trino waits for a metastore (hive.metastore.thrift.client.read-timeout)
)
AT_ONCE = {"new": 110, "kept": 1, "table": 20}
PROJECT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Answer:
    """One request.

    + at: when it was due, as ``time.time()`` has it
    + seconds: until it was answered, from then on
    + error: why it failed; "" if it did not
    """

    at: float
    seconds: float
    error: str = ""


def main(kind: str) -> None:
    """Ask until the standard input ends."""
    data = runpy.run_path(str(PROJECT / "group_data/lab.py"))
    iceberg = Iceberg.model_validate(data["iceberg"])
    logging.getLogger("thrift.transport.TSocket").setLevel(logging.CRITICAL)
    ask = reader(data, iceberg) if kind == "table" else looker_up(iceberg, keep=kind == "kept")
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    run(ask, ended, INTERVAL[kind], AT_ONCE[kind])
    sys.stdout.flush()
    os._exit(0)  # who still waits for an answer is not waited for


def run(ask: Callable[[], None], ended: threading.Event, interval: float, at_once: int) -> None:
    """Ask every ``interval`` seconds, whether the last was answered or not.

    + at_once: where so many wait for their answers, what is due fails; one that goes alone waits itself
    """
    lock, free = threading.Lock(), threading.Semaphore(at_once)
    waiting: set[float] = set()

    def request(due: float) -> None:
        error = ""
        try:
            ask()
        except Exception as caught:
            error = f"{type(caught).__name__}: {caught}"[:200]
        with lock:
            waiting.remove(due)
            print(json.dumps([due, time.time() - due, error]), flush=True)
        free.release()

    pool = ThreadPoolExecutor(at_once)
    due = time.time()
    while not ended.wait(max(0.0, due - time.time())):
        if free.acquire(blocking=False):
            with lock:
                waiting.add(due)
            pool.submit(request, due)
        elif at_once > 1:
            with lock:
                print(json.dumps([due, 0, f"{at_once} others wait for their answers"]), flush=True)
        due = max(due + interval, time.time() - interval)
    time.sleep(1)  # what was asked just now may still be answered
    with lock:
        for due in waiting:
            print(json.dumps([due, time.time() - due, "no answer to the end"]))


def looker_up(iceberg: Iceberg, *, keep: bool) -> Callable[[], None]:
    """Asks for the table's entry in the catalog."""
    parts = urlsplit(iceberg.thrift)
    kept: list[tuple[TBufferedTransport, Any]] = []

    def ask() -> None:
        if not kept or not keep:
            socket = TSocket(parts.hostname, parts.port)
            socket.setTimeout(TIMEOUT * 1000)
            transport = TBufferedTransport(socket)
            client = ThriftHiveMetastore.Client(TBinaryProtocol(transport))
            transport.open()
            if keep:
                kept[:] = [(transport, client)]
        else:
            [(transport, client)] = kept
        try:
            client.get_table(iceberg.namespace, iceberg.table)
        except BaseException:
            kept.clear()
            with suppress(Exception):
                transport.close()
            raise
        if not keep:
            transport.close()

    return ask


def reader(data: dict[str, Any], iceberg: Iceberg) -> Callable[[], None]:
    """Reads all rows of the table."""
    cluster = Api.from_kubeconfig(data["kube"]["kubeconfig"], data["kube"]["context"])
    s3 = ObjectStorage.model_validate(data["object_storage"])
    key = user_secret(s3.user.secret).read(cluster)
    assert key is not None
    own = threading.local()  # a catalog serves one thread

    def ask() -> None:
        if not hasattr(own, "catalog"):
            own.catalog = connect(iceberg, s3, key)
        rows = own.catalog.load_table((iceberg.namespace, iceberg.table)).scan().to_arrow().num_rows
        assert rows == 5, f"{rows} rows"

    return ask


if __name__ == "__main__":
    main(sys.argv[1])
