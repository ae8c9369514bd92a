"""Why the Kubernetes client here returns plain JSON: the same list of pods, decoded both ways.

python bench/decode_pods.py [PODS]
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

from kubernetes.client import ApiClient, Configuration

REPEATS = 5


def main(count: int) -> None:
    body = json.dumps(
        {"apiVersion": "v1", "kind": "PodList", "items": [pod(n) for n in range(count)]}
    )
    client = ApiClient(Configuration())
    plain = best(lambda: json.loads(body))
    typed = best(lambda: client.deserialize(body, "V1PodList", "application/json"))
    print(f"{count} pods, {len(body) / 1e6:.1f} MB, best of {REPEATS}")
    print(f"plain JSON   {plain * 1000:8.0f} ms")
    print(f"typed models {typed * 1000:8.0f} ms   {typed / plain:.0f} times")


def best(work: Callable[[], Any]) -> float:
    """Seconds of the fastest run."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def pod(number: int) -> dict[str, Any]:
    """A pod of the size that a cluster has."""
    container = {
        "name": "app",
        "image": "registry.example/app:1.2.3",
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}},
        "env": [{"name": f"VARIABLE_{n}", "value": str(n)} for n in range(10)],
        "volumeMounts": [{"name": f"volume-{n}", "mountPath": f"/mnt/{n}"} for n in range(4)],
    }
    conditions = [
        {"type": name, "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}
        for name in ("Initialized", "Ready", "ContainersReady", "PodScheduled")
    ]
    return {
        "metadata": {
            "name": f"app-{number}",
            "namespace": "default",
            "uid": f"00000000-0000-0000-0000-{number:012}",
            "labels": {"app": "app", "pod-template-hash": "5d4f8c7b9"},
            "creationTimestamp": "2026-01-01T00:00:00Z",
        },
        "spec": {
            "nodeName": f"node-{number % 10}",
            "containers": [container, {**container, "name": "sidecar"}],
            "volumes": [{"name": f"volume-{n}", "emptyDir": {}} for n in range(4)],
        },
        "status": {"phase": "Running", "conditions": conditions},
    }


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
