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
