"""Which part of the lab a pod belongs to."""

from __future__ import annotations

import pytest

from bench.parts import workload


@pytest.mark.parametrize(
    ("name", "owner", "part"),
    [
        (
            "trino-worker-7d9f-abcde",
            {"kind": "ReplicaSet", "name": "trino-worker-7d9f"},
            "trino-worker",
        ),
        ("postgresql-0", {"kind": "StatefulSet", "name": "postgresql"}, "postgresql"),
        ("ingest-driver", {"kind": "SparkApplication", "name": "ingest"}, "ingest-driver"),
        ("alone", None, "alone"),
    ],
)
def test_the_part_of_a_pod(name: str, owner: dict[str, str] | None, part: str) -> None:
    metadata = {"name": name, "namespace": "data-platform"}
    owners = {"ownerReferences": [owner]} if owner else {}
    assert workload({"metadata": metadata | owners}) == f"data-platform/{part}"
