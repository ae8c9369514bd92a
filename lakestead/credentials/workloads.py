"""What is restarted so that it takes a new credential."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lakestead.credentials.copies import Copy, copies, s3_copy
from lakestead.credentials.kept import read
from lakestead.kube.client import Api, ObjectRef
from lakestead.metastore.deployment import deployment
from lakestead.settings import Settings
from lakestead.trino.release import rollout_seconds


@dataclass(frozen=True, slots=True)
class Workload:
    """A Deployment whose pods are started with credentials.

    + copies: the credentials
    + timeout: seconds that its restart may take
    """

    ref: ObjectRef
    copies: tuple[Copy, ...]
    timeout: float

    def rolled_out(self, cluster: Api) -> str:
        """What the annotation of pods says that have the credentials as they are kept."""
        return ",".join(read(cluster, copy).fingerprint for copy in self.copies)


def workloads(cluster: Api, settings: Settings, replaced: Iterable[Copy]) -> Iterator[Workload]:
    """The metastore, and Trino's servers where they are there and the S3 key is replaced.

    Workers before the coordinator: they drain, so that queries that run then come to their end.

    + replaced: what is being replaced
    """
    metastore, trino = settings.metastore, settings.trino
    yield Workload(deployment(metastore), tuple(copies(settings)), metastore.timeout)
    s3 = s3_copy(settings)
    if trino is None or s3 not in replaced:
        return
    for name, timeout in (
        (f"{trino.release}-worker", rollout_seconds(settings)),
        (f"{trino.release}-coordinator", trino.timeout),
    ):
        ref = ObjectRef("apps/v1", "Deployment", name, metastore.namespace)
        if cluster.get(ref) is not None:
            yield Workload(ref, (s3,), timeout)
