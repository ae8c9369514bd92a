"""Why the Kubernetes client here uses the standard library's HTTP: what a request costs, both ways.

python -m bench.request_cost [REQUESTS]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import urllib3

from bench.cluster import Cluster
from bench.floor import CONNECTIONS

PATH = "/api/v1/namespaces/default"
REPEATS = 3


def main(count: int) -> None:
    """Send the same requests over kept connections, in turns."""
    with Cluster.running() as cluster:
        authority, certificate, key = cluster.credentials
        pool = urllib3.PoolManager(
            maxsize=CONNECTIONS, ca_certs=authority, cert_file=certificate, key_file=key
        )

        def by_urllib3() -> None:
            with ThreadPoolExecutor(CONNECTIONS) as threads:
                url = cluster.server.url + PATH
                list(threads.map(lambda _: pool.request("GET", url), range(count)))

        def by_http_client() -> None:
            cluster.client.send([("GET", PATH, None)] * count)

        ways = {"urllib3": by_urllib3, "http.client": by_http_client}
        best = {name: min(_cost(way) for _ in range(REPEATS)) for name, way in ways.items()}
    print(f"{count} requests over {CONNECTIONS} connections, CPU of the client, best of {REPEATS}")
    for name, seconds in best.items():
        print(f"{name:<12} {1000 * seconds / count:6.2f} ms a request")


def _cost(way: Callable[[], None]) -> float:
    start = time.process_time()
    way()
    return time.process_time() - start


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
