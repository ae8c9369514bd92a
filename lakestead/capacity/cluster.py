"""A review of one cluster, by its API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib import metadata

from lakestead.errors import LakesteadError
from lakestead.facts.cluster import Reading, read
from lakestead.kube.client import Api
from lakestead.plan.review import HostFacts, Review
from lakestead.plan.reviewing import (
    claim_reviews,
    class_reviews,
    lost_reviews,
    namespace_reviews,
    node_reviews,
    phase_reviews,
    total,
)
from lakestead.plan.rules import WantedPod


def review_cluster(
    kubeconfig: str | None, context: str | None, line: int, *, kubelets: bool | None
) -> Review:
    """The cluster of a kubeconfig's context, with nothing planned."""
    api = Api.from_kubeconfig(kubeconfig, context)
    return review(api, read(api, kubelets=kubelets), line)


def review(
    api: Api,
    reading: Reading,
    line: int,
    phases: Mapping[int, Sequence[WantedPod]] | None = None,
    hosts: Mapping[str, HostFacts] | None = None,
    strangers: Sequence[str] = (),
) -> Review:
    """Put together what was read.

    + phases: the pods of each phase that is planned
    + hosts: what nodes say of themselves over SSH, by node
    """
    if not reading.nodes:
        raise LakesteadError(
            "The cluster has no node",
            where=api.access.configuration.host,
            do="kubectl get nodes",
        )
    found, then = phase_reviews(reading.cluster, phases or {}, line)
    cpu, memory = total(reading.nodes)
    storage = reading.cluster.storage
    return Review(
        lakestead=metadata.version("lakestead"),
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        context=api.access.context,
        server=api.access.configuration.host,
        line_percent=line,
        nodes=[
            node.model_copy(update={"host": (hosts or {}).get(node.name)})
            for node in node_reviews(reading.nodes)
        ],
        total_cpu=cpu,
        total_memory=memory,
        namespaces=namespace_reviews(reading.nodes, storage, reading.used),
        storage_classes=class_reviews(storage),
        claims=claim_reviews(storage),
        waiting=[f"{pod.namespace}/{pod.name}" for pod in reading.waiting],
        phases=found,
        lost=lost_reviews(then, line),
        strangers=list(strangers),
        unknown=list(reading.unknown),
    )
