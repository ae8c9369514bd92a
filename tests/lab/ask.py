"""Asks the metastore and reads the table without a pause; says how often that failed when its input ends.

Three clients side by side: one that asks the metastore for its databases every 100 ms over a connection of
its own, one that reads the whole table with the key that is kept at that moment, one that makes and
drops a namespace, for which the metastore itself writes to the bucket. With the argument ``trino`` two more
that ask Trino, on a lab that has phase 3: one a short question, one for all rows of a table.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

PROJECT = Path(__file__).parents[2]
sys.path.insert(0, str(PROJECT))

from lakestead.iceberg.catalog import connect  # noqa: E402
from lakestead.kube.client import Api  # noqa: E402
from lakestead.metastore.client import databases  # noqa: E402
from lakestead.rgw.key_secrets import user_secret  # noqa: E402
from lakestead.settings import Settings  # noqa: E402
from lakestead.settings.source import Sources  # noqa: E402
from lakestead.trino.client import connected, rows  # noqa: E402
from lakestead.trino.secrets import known_login  # noqa: E402


@dataclass
class Asked:
    """How one client fared: requests, the failed ones, the longest time without a good answer (seconds)."""

    requests: int = 0
    failures: list[str] = field(default_factory=list)
    longest_gap: float = 0.0
    slowest: float = 0.0


def ask(what: Callable[[], object], every: float, until: threading.Event, told: Asked) -> None:
    last = time.monotonic()
    while not until.is_set():
        began = time.monotonic()
        told.requests += 1
        try:
            what()
        except Exception as error:
            told.failures.append(f"{type(error).__name__}: {str(error)[:300]}")
        else:
            now = time.monotonic()
            told.longest_gap = max(told.longest_gap, now - last)
            told.slowest = max(told.slowest, now - began)
            last = now
        until.wait(max(0.0, every - (time.monotonic() - began)))


def main() -> None:
    import runpy

    data = runpy.run_path(str(PROJECT / "group_data/lab.py"))
    names = {key: value for key, value in data.items() if not key.startswith("_")}
    names.pop("annotations", None)
    settings = Settings.load(names, Sources())
    api = Api.from_kubeconfig(settings.kube.kubeconfig, settings.kube.context)
    iceberg, s3 = settings.iceberg, settings.object_storage
    lock = threading.Lock()

    def catalog():  # type: ignore[no-untyped-def]
        with lock:
            key = user_secret(s3.user.secret).read(api)
        assert key is not None
        return connect(iceberg, s3, key)

    def read() -> None:
        rows = catalog().load_table((iceberg.namespace, iceberg.table)).scan().to_arrow().num_rows
        assert rows > 0, f"{rows} rows"

    def write() -> None:
        found = catalog()
        found.create_namespace("asked", {"location": f"{s3_url}/asked.db"})
        found.drop_namespace("asked")

    def trino(sql: str) -> None:
        assert settings.trino is not None
        with lock:
            login = known_login(api, settings)
        with connected(settings.trino.url, login, timeout=20, attempts=1) as connection:
            assert rows(connection, sql, settings.trino.url)

    s3_url = settings.metastore.warehouse.external
    clients = {
        "metastore, every 100 ms": (lambda: databases(iceberg.thrift, timeout=10), 0.1),
        "table": (read, 0.3),
        "namespace made and dropped": (write, 1.0),
    }
    if "trino" in sys.argv[1:]:
        table = f"lakehouse.{iceberg.namespace}.{iceberg.table}"
        clients |= {
            "Trino, SELECT 1": (lambda: trino("SELECT 1"), 0.5),
            "Trino, all rows of a table": (lambda: trino(f"SELECT * FROM {table}"), 0.5),
        }
    until, told = threading.Event(), {name: Asked() for name in clients}
    threads = [
        threading.Thread(target=ask, args=(what, every, until, told[name]))
        for name, (what, every) in clients.items()
    ]
    for thread in threads:
        thread.start()
    print("asking", flush=True)
    sys.stdin.read()
    until.set()
    for thread in threads:
        thread.join()
    print(json.dumps({name: vars(asked) for name, asked in told.items()}))


if __name__ == "__main__":
    main()
