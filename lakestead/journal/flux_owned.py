"""What goes with a Kustomization: Flux prunes what it has applied, and what that has applied."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from lakestead.flux.preview_inventory import GROUP, inventory
from lakestead.kube.client import Api, ObjectRef
from lakestead.kube.contents import Held

FLUX = ".toolkit.fluxcd.io"
HELM = "helm.toolkit.fluxcd.io"


def is_kustomization(ref: ObjectRef) -> bool:
    """Whether it is Flux's Kustomization, and not kustomize's."""
    return ref.kind == "Kustomization" and ref.api_version.startswith(GROUP + "/")


def goes_with(api: Api, kustomization: Mapping[str, Any]) -> list[ObjectRef]:
    """Everything that Flux deletes when it finalizes a Kustomization, as far as inventories tell."""
    spec = kustomization["spec"]
    policy = spec.get("deletionPolicy") or "MirrorPrune"
    prunes = spec.get("prune") if policy == "MirrorPrune" else policy != "Orphan"
    if not prunes or spec.get("suspend"):
        return []
    found = []
    for ref in inventory(kustomization):
        live = api.get(ref)
        if live is None or _is_kept(live):
            continue
        found.append(ref)
        if is_kustomization(ref):
            found += goes_with(api, live)
    return found


def finalized(refs: Collection[ObjectRef]) -> list[ObjectRef]:
    """Those whose end must be waited for: Flux's own, which take others with them."""
    return [ref for ref in refs if ref.api_version.partition("/")[0].endswith(FLUX)]


def is_released_by(held: Held, going: Collection[tuple[str, str, str]]) -> bool:
    """Whether a HelmRelease that goes has made an object, or keeps its state in it.

    + going: group, kind and ``namespace/name`` of what goes
    """
    labels = held.labels
    if labels.get("owner") == "helm" and held.ref.name.startswith("sh.helm.release.v1."):
        return True
    name, namespace = labels.get(f"{HELM}/name"), labels.get(f"{HELM}/namespace")
    return (HELM, "HelmRelease", f"{namespace}/{name}") in going


def _is_kept(live: Mapping[str, Any]) -> bool:
    metadata = live["metadata"]
    marks = (metadata.get("labels") or {}) | (metadata.get("annotations") or {})
    return marks.get(f"{GROUP}/prune") == "disabled"
