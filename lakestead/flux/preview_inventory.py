"""What a Kustomization has applied, and what of it Flux would delete."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from lakestead.flux.kinds import API_VERSIONS
from lakestead.flux.preview_objects import Cluster, deleted
from lakestead.flux.preview_release import uninstalled
from lakestead.kube.client import ObjectRef
from lakestead.plan.change import Change

GROUP = "kustomize.toolkit.fluxcd.io"
# Labels or annotations that keep an object from being deleted.
KEEP = {f"{GROUP}/prune": "disabled", f"{GROUP}/reconcile": "disabled", f"{GROUP}/ssa": "Ignore"}

Object = Mapping[str, Any]


def inventory(kustomization: Object) -> list[ObjectRef]:
    """The objects that a Kustomization has applied, by its status.

    An entry's id is ``<namespace>_<name>_<group>_<kind>``, with ``__`` for a colon in the name
    (github.com/fluxcd/cli-utils/pkg/object).
    """
    entries = ((kustomization.get("status") or {}).get("inventory") or {}).get("entries") or []
    return [_ref(entry["id"], entry["v"]) for entry in entries]


def pruned(
    cluster: Cluster, kustomization: Object, kept: Iterable[ObjectRef], why: str
) -> Iterator[Change]:
    """What Flux deletes since a Kustomization has it no more, with what goes along.

    + kustomization: as it is now
    + kept: what it would apply
    """
    names = {_identity(ref) for ref in kept}
    gone = [ref for ref in inventory(kustomization) if _identity(ref) not in names]
    yield from _deleted(cluster, kustomization, gone, why)


def _deleted(
    cluster: Cluster, owner: Object, refs: Iterable[ObjectRef], why: str
) -> Iterator[Change]:
    metadata = owner["metadata"]
    labels = {f"{GROUP}/name": metadata["name"], f"{GROUP}/namespace": metadata["namespace"]}
    for ref in refs:
        live = cluster.live(ref)
        if live is None or not _has(live["metadata"].get("labels"), labels):
            continue
        marks = [(live["metadata"].get(field) or {}) for field in ("labels", "annotations")]
        held = [key for key, value in KEEP.items() if any(m.get(key) == value for m in marks)]
        if held:
            kept = f"{why}; no longer in it, kept since it says {held[0]}: {KEEP[held[0]]}"
            yield Change(ref.kind, ref.full_name, "unchanged", why=kept)
            continue
        yield deleted(live, f"{why}; no longer in it")
        yield from _along(cluster, live, why)


def _along(cluster: Cluster, live: Object, why: str) -> Iterator[Change]:
    """What is deleted with an object of Flux's own."""
    name = f"{live['metadata'].get('namespace')}/{live['metadata']['name']}"
    if live["apiVersion"] == API_VERSIONS["HelmRelease"] and live["kind"] == "HelmRelease":
        yield from uninstalled(cluster, live, why)
    if live["apiVersion"].startswith(GROUP + "/") and live["kind"] == "Kustomization":
        spec = live["spec"]
        policy = spec.get("deletionPolicy") or "MirrorPrune"
        prunes = spec.get("prune") if policy == "MirrorPrune" else policy != "Orphan"
        if prunes and not spec.get("suspend"):
            along = f"{why}, which deletes Kustomization {name}"
            yield from _deleted(cluster, live, inventory(live), along)


def _ref(identity: str, version: str) -> ObjectRef:
    namespace, _, rest = identity.partition("_")
    rest, _, kind = rest.rpartition("_")
    name, _, group = rest.rpartition("_")
    api_version = f"{group}/{version}" if group else version
    return ObjectRef(api_version, kind, name.replace("__", ":"), namespace or None)


def _identity(ref: ObjectRef) -> tuple[str, str, str | None, str]:
    return ref.api_version.rpartition("/")[0], ref.kind, ref.namespace, ref.name


def _has(labels: Mapping[str, str] | None, wanted: Mapping[str, str]) -> bool:
    return all((labels or {}).get(key) == value for key, value in wanted.items())
