"""What a rotation restarts: Trino too, once phase 3 is there and the S3 key is what is replaced."""

from __future__ import annotations

import base64
from typing import Any

from lakestead.credentials.copies import copies, database_copy, s3_copy
from lakestead.credentials.workloads import workloads
from lakestead.kube.client import ObjectRef
from lakestead.plan.rotation import fingerprint
from lakestead.settings import Settings

METASTORE, WORKER, COORDINATOR = "hive-metastore", "trino-worker", "trino-coordinator"


class Cluster:
    """An API with Deployments, and the Secrets that are kept."""

    def __init__(self, *deployments: str) -> None:
        self.deployments = deployments

    def get(self, ref: ObjectRef) -> dict[str, Any] | None:
        if ref.kind == "Deployment":
            assert ref.namespace == "data-platform"
            return {} if ref.name in self.deployments else None
        name = base64.b64encode(ref.name.encode()).decode()
        labels = {"app.kubernetes.io/managed-by": "lakestead"}
        keys = ("username", "AWS_ACCESS_KEY_ID")
        return {"metadata": {"labels": labels}, "data": dict.fromkeys(keys, name)}


def names(cluster: Cluster, settings: Settings, replaced: Any) -> list[str]:
    return [item.ref.name for item in workloads(cluster, settings, replaced)]  # type: ignore[arg-type]


def test_trino_is_restarted_where_it_is_there_and_its_key_is_replaced(settings: Settings) -> None:
    both, s3 = copies(settings), [s3_copy(settings)]
    after = Cluster(METASTORE, WORKER, COORDINATOR)
    assert names(after, settings, s3) == [METASTORE, WORKER, COORDINATOR]
    assert names(after, settings, both) == [METASTORE, WORKER, COORDINATOR]
    assert names(after, settings, [database_copy(settings)]) == [METASTORE]
    assert names(Cluster(METASTORE), settings, both) == [METASTORE]
    without = settings.model_copy(update={"trino": None})
    assert names(after, without, both) == [METASTORE]


def test_workers_have_the_time_to_drain_one_after_the_other(settings: Settings) -> None:
    cluster = Cluster(METASTORE, WORKER, COORDINATOR)
    trino, replicas = settings.trino, settings.allocations[WORKER].replicas
    assert trino is not None
    assert replicas > 1
    metastore, worker, _ = workloads(cluster, settings, copies(settings))  # type: ignore[arg-type]
    assert worker.timeout >= replicas * (trino.drain_seconds + 2 * trino.grace_seconds)
    assert metastore.timeout == settings.metastore.timeout


def test_pods_name_the_credentials_that_they_have(settings: Settings) -> None:
    cluster: Any = Cluster(METASTORE, WORKER, COORDINATOR)
    said = [item.rolled_out(cluster) for item in workloads(cluster, settings, copies(settings))]
    database, s3 = (fingerprint(copy.name) for copy in copies(settings))
    assert said == [f"{database},{s3}", s3, s3]
