"""What Flux will delete with a Kustomization is no reason to leave a namespace or a CRD."""

from __future__ import annotations

from typing import Any

from lakestead.journal.flux_owned import finalized, goes_with, is_released_by
from lakestead.kube.client import Api, ObjectRef
from lakestead.kube.contents import Held

KS, HR = "kustomize.toolkit.fluxcd.io/v1", "helm.toolkit.fluxcd.io/v2"


def kustomization(name: str, *inventory: str, **spec: Any) -> dict[str, Any]:
    entries = [{"id": entry, "v": "v1"} for entry in inventory]
    return {
        "apiVersion": KS,
        "kind": "Kustomization",
        "metadata": {"name": name, "namespace": "flux-system"},
        "spec": {"prune": True, **spec},
        "status": {"inventory": {"entries": entries}},
    }


class Cluster(Api):
    """A root Kustomization that has applied another, a namespace that is kept, and no HelmRepository."""

    def __init__(self, **apps: Any) -> None:
        kept = {"kustomize.toolkit.fluxcd.io/prune": "disabled"}
        self.objects: dict[str, dict[str, Any]] = {
            "Kustomization flux-system/apps": kustomization(
                "apps", "data_hive_helm.toolkit.fluxcd.io_HelmRelease", **apps
            ),
            "HelmRelease data/hive": {"metadata": {}},
            "Namespace data": {"metadata": {"annotations": kept}},
        }

    def get(self, ref: ObjectRef) -> dict[str, Any] | None:
        return self.objects.get(str(ref))


ROOT = kustomization(
    "root",
    "flux-system_apps_kustomize.toolkit.fluxcd.io_Kustomization",
    "_data__Namespace",
    "flux-system_charts_source.toolkit.fluxcd.io_HelmRepository",
)


def test_what_its_kustomizations_have_applied_goes_too() -> None:
    assert [str(ref) for ref in goes_with(Cluster(), ROOT)] == [
        "Kustomization flux-system/apps",
        "HelmRelease data/hive",
    ]


def test_kustomization_that_does_not_prune_takes_nothing_along() -> None:
    for spec in ({"prune": False}, {"suspend": True}, {"deletionPolicy": "Orphan"}):
        assert [str(ref) for ref in goes_with(Cluster(**spec), ROOT)] == [
            "Kustomization flux-system/apps"
        ]


def test_only_what_takes_others_along_is_waited_for() -> None:
    release, plain = ObjectRef(HR, "HelmRelease", "hive", "data"), ObjectRef("v1", "Secret", "s")

    assert finalized([release, plain]) == [release]


def test_what_a_release_has_made_goes_with_it() -> None:
    going = {("helm.toolkit.fluxcd.io", "HelmRelease", "data/hive")}
    ref = ObjectRef("apps/v1", "Deployment", "hive", "data")
    labels = {"helm.toolkit.fluxcd.io/name": "hive", "helm.toolkit.fluxcd.io/namespace": "data"}

    assert is_released_by(Held(ref, labels), going)
    assert not is_released_by(Held(ref, {}), going)
    assert not is_released_by(Held(ref, labels), set())
