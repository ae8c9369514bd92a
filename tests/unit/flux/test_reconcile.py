"""Which commit an object must be at: one that differs from the newest only in tracking is enough."""

from __future__ import annotations

from typing import Any

import pytest

from lakestead.flux import reconcile
from lakestead.flux.kinds import flux_ref
from lakestead.flux.reconcile import Chain
from lakestead.kube.client import ObjectRef

OLD, TRACKED, NEW = "a" * 40, "b" * 40, "c" * 40
HELD_UP = {"type": "Ready", "status": "False", "reason": "DependencyNotReady", "message": "wait"}
FAILED = {"type": "Stalled", "status": "True", "reason": "BuildFailed", "message": "no such file"}


class Repo:
    branch, url = "main", "http://git/homelab.git"

    def head(self) -> str:
        return NEW


class Cluster:
    """Kustomizations by name; what they depend on; the commit that Flux has fetched is the newest."""

    def __init__(self, **commits: tuple[str, dict[str, str] | None]) -> None:
        self.commits = commits

    def get(self, ref: ObjectRef) -> dict[str, Any] | None:
        metadata = {"name": ref.name, "namespace": ref.namespace, "generation": 1}
        if ref.kind == "GitRepository":
            artifact = {"revision": f"main@sha1:{NEW}"}
            ready = {"type": "Ready", "status": "True"}
            status = {"artifact": artifact, "conditions": [ready], "observedGeneration": 1}
            return {"kind": ref.kind, "metadata": metadata, "spec": {}, "status": status}
        if ref.name not in self.commits:
            return None
        commit, condition = self.commits[ref.name]
        spec = {"dependsOn": [{"name": "first"}]} if ref.name == "second" else {}
        status = {
            "lastAppliedRevision": f"main@sha1:{commit}",
            "observedGeneration": 1,
            "conditions": [condition or {"type": "Ready", "status": "True"}],
        }
        return {"kind": ref.kind, "metadata": metadata, "spec": spec, "status": status}


@pytest.mark.parametrize(
    ("first", "second", "stops_at"),
    [
        ((NEW, None), (NEW, None), None),
        ((TRACKED, None), (TRACKED, HELD_UP), None),
        ((NEW, HELD_UP), (NEW, None), None),
        ((OLD, None), (NEW, None), "first"),
        ((TRACKED, None), (OLD, HELD_UP), "second"),
        ((NEW, None), (TRACKED, FAILED), "second"),
    ],
)
def test_only_what_concerns_flux_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, first: Any, second: Any, stops_at: str | None
) -> None:
    monkeypatch.setattr(
        reconcile, "only_tracking_between", lambda repo, older, newer: older == TRACKED
    )
    cluster = Cluster(root=(NEW, None), first=first, second=second)
    source = flux_ref("GitRepository", "flux-system", "flux-system")
    root, target = (flux_ref("Kustomization", name, "flux-system") for name in ("root", "second"))
    link = Chain(cluster, Repo(), source, root, target).pending()  # type: ignore[arg-type]
    assert (link and link.ref.name) == stops_at


class Releases(Cluster):
    """A HelmRelease that is ready, and how many replicas its Deployment has; None where it is not there."""

    def __init__(self, replicas: int | None) -> None:
        super().__init__(root=(NEW, None))
        self.replicas, self.patched = replicas, list[dict[str, str]]()

    def get(self, ref: ObjectRef) -> dict[str, Any] | None:
        if ref.kind == "Deployment":
            there = {"kind": "Deployment", "spec": {"replicas": self.replicas}}
            return None if self.replicas is None else there
        if ref.kind != "HelmRelease":
            return super().get(ref)
        metadata = {"name": ref.name, "namespace": ref.namespace, "generation": 1}
        status = {
            "observedGeneration": 1,
            "conditions": [{"type": "Ready", "status": "True"}],
            "inventory": {"entries": [{"id": "data_hive_apps_Deployment", "v": "v1"}]},
        }
        answer = {"apiVersion": ref.api_version, "kind": ref.kind, "metadata": metadata}
        return {**answer, "spec": {}, "status": status}

    def list(self, *arguments: Any, **options: Any) -> list[dict[str, Any]]:
        return []

    def patch(self, ref: ObjectRef, body: dict[str, Any]) -> None:
        self.patched.append(body["metadata"]["annotations"])
        if "reconcile.fluxcd.io/forceAt" in self.patched[-1]:
            self.replicas = 2


def chain_of(cluster: Releases, **replicas: int) -> Chain:
    source = flux_ref("GitRepository", "flux-system", "flux-system")
    root = flux_ref("Kustomization", "root", "flux-system")
    target = flux_ref("HelmRelease", "hive", "data")
    return Chain(cluster, Repo(), source, root, target, replicas)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("replicas", "why"),
    [
        (None, "Deployment data/hive is gone"),
        (0, "Deployment data/hive has 0 replicas, and is to have 2"),
        (1, "Deployment data/hive has 1 replicas, and is to have 2"),
    ],
)
def test_a_workload_that_somebody_deleted_or_scaled_is_put_back(
    monkeypatch: pytest.MonkeyPatch, replicas: int | None, why: str
) -> None:
    monkeypatch.setattr(reconcile, "POLL", 0.01)
    cluster = Releases(replicas)
    chain = chain_of(cluster, hive=2)
    link = chain.pending()
    assert link is not None
    assert link.state.reason == why
    said: list[str] = []
    chain.reconcile(5, said.append)
    assert (len(cluster.patched), len(said)) == (1, 1)


def test_of_other_workloads_nobody_asks_how_many_pods_they_have() -> None:
    assert chain_of(Releases(0)).pending() is None
    assert chain_of(Releases(0), other=1).pending() is None
