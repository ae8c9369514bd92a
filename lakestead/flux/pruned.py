"""Wait until Flux has followed a revert: applied what is left, and pruned what is not."""

from __future__ import annotations

from collections.abc import Callable

from lakestead.flux.kinds import API_VERSIONS, flux_ref
from lakestead.flux.reconcile import Chain
from lakestead.gitops.repository import HomelabRepo
from lakestead.kube.client import Api, ObjectRef
from lakestead.kube.wait import wait_for
from lakestead.settings.flux import Flux


def follow_revert(api: Api, repo: HomelabRepo, flux: Flux, say: Callable[[str], None]) -> str:
    """Wait for the root Kustomization and those that it makes directly, then for what is deleted.

    Raises LakesteadError where one of them fails, or something is not gone in time.
    """
    source = flux_ref("GitRepository", flux.git_repository, flux.namespace)
    root = flux_ref("Kustomization", flux.kustomization, flux.namespace)
    if api.get(root) is None or api.get(source) is None:
        return "there is no Flux that would follow"
    Chain(api, repo, source, root, root).reconcile(flux.timeout, say)
    for ref in _below(api, root):
        live = api.get(ref)
        if live is not None and not live["metadata"].get("deletionTimestamp"):
            Chain(api, repo, source, root, ref).reconcile(flux.timeout, say)

    def gone() -> tuple[bool, str]:
        left = _leaving(api)
        if left:
            say(f"{left[0]} to be gone")
        return not left, f"still there: {', '.join(left)}"

    wait_for("what Flux deletes to be gone", gone, flux.timeout, 0.5)
    return f"{root} has followed"


def _below(api: Api, root: ObjectRef) -> list[ObjectRef]:
    """The Kustomizations that the root one applies."""
    owner = "kustomize.toolkit.fluxcd.io/name"
    found = []
    for item in api.list(API_VERSIONS["Kustomization"], "Kustomization", root.namespace):
        labels = item["metadata"].get("labels") or {}
        if labels.get(owner) == root.name and item["metadata"]["name"] != root.name:
            found.append(ObjectRef.of(item))
    return found


def _leaving(api: Api) -> list[str]:
    return [
        str(ObjectRef.of(item))
        for kind in ("Kustomization", "HelmRelease")
        for item in api.list(API_VERSIONS[kind], kind)
        if item["metadata"].get("deletionTimestamp")
    ]
