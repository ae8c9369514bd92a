"""Which Flux a cluster has: nobody's, Lakestead's, somebody's, half of one."""

from __future__ import annotations

from typing import Any

import pytest

from lakestead.errors import LakesteadError
from lakestead.flux.installation import (
    CONTROLLERS,
    CRDS,
    check_foreign,
    check_left_to_administrator,
    find,
)
from lakestead.kube.client import ObjectRef

SOMEBODY = [{"manager": "flux", "operation": "Apply"}]
LAKESTEAD = [{"manager": "lakestead", "operation": "Apply"}]


class Cluster:
    """An API with Deployments and CRDs."""

    def __init__(self, controllers: dict[str, Any], crds: dict[str, Any]) -> None:
        self.controllers = controllers
        self.crds = crds

    def list(self, api_version: str, kind: str) -> list[dict[str, Any]]:
        return list(self.controllers.values())

    def get(self, ref: ObjectRef) -> Any:
        return self.crds.get(ref.name)


def controller(name: str, manager: Any, available: int = 1, label: str = "") -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": name,
            "namespace": "gitops",
            "generation": 1,
            "labels": {"app.kubernetes.io/component": label},
            "managedFields": manager,
        },
        "spec": {
            "template": {"spec": {"containers": [{"image": f"example/{name}:v1.9.3@sha256:0"}]}}
        },
        "status": {
            "observedGeneration": 1,
            "replicas": 1,
            "updatedReplicas": 1,
            "availableReplicas": available,
        },
    }


def crd(manager: Any, version: str = "") -> dict[str, Any]:
    served = [{"name": name, "served": True} for name in ([version] if version else ["v1", "v2"])]
    return {"metadata": {"managedFields": manager}, "spec": {"versions": served}}


def cluster(manager: Any = SOMEBODY, without: str = "", **changed: Any) -> Cluster:
    controllers = {name: controller(name, manager) for name in CONTROLLERS if name != without}
    return Cluster(controllers, {name: crd(manager) for name in CRDS} | changed)


def test_nothing() -> None:
    found = find(Cluster({}, {}))
    assert not found.foreign
    assert str(found) == "no controllers"


def test_lakesteads_own_is_not_foreign_even_when_half_installed() -> None:
    assert not find(cluster(LAKESTEAD)).foreign
    assert not find(cluster(LAKESTEAD, without="helm-controller")).foreign


def test_somebodys_is_named() -> None:
    found = find(cluster())
    assert found.foreign
    check_foreign(found)
    assert str(found).startswith("gitops/source-controller v1.9.3, gitops/kustomize-controller")


def test_a_chart_names_its_deployments_as_it_likes() -> None:
    there = cluster(without="helm-controller")
    there.controllers["x"] = controller("flux2-helm", SOMEBODY, label="helm-controller")
    assert find(there).missing == []


@pytest.mark.parametrize(
    ("there", "message"),
    [
        (cluster(without="helm-controller"), "not there: Deployment helm-controller"),
        (
            cluster(**{"helmreleases.helm.toolkit.fluxcd.io": crd(SOMEBODY, "v2beta1")}),
            "not there: version v2 of helmreleases",
        ),
    ],
)
def test_half_of_somebodys_is_refused(there: Cluster, message: str) -> None:
    with pytest.raises(LakesteadError, match="parts of it are missing") as caught:
        check_foreign(find(there))
    assert message in str(caught.value)


def test_somebodys_that_does_not_run_is_refused() -> None:
    there = cluster()
    there.controllers["helm-controller"] = controller("helm-controller", SOMEBODY, available=0)
    with pytest.raises(LakesteadError, match="does not run") as caught:
        check_foreign(find(there))
    assert "helm-controller: 0 of 1 pods available" in str(caught.value)


def test_a_user_who_may_not_install_flux_is_told_who_does() -> None:
    refused = LakesteadError("The API server refuses: ann may not list clusterroles")
    with pytest.raises(LakesteadError, match="this user may not install it") as caught:
        check_left_to_administrator(find(cluster(without="helm-controller")), refused, "flux.yaml")
    assert "ann may not list clusterroles; Flux: Deployment helm-controller" in str(caught.value)
    assert "kubectl apply --server-side --filename flux.yaml" in str(caught.value)


def test_a_flux_that_runs_is_left_as_it_is_whoever_asks() -> None:
    check_left_to_administrator(find(cluster(LAKESTEAD)), LakesteadError("refused"), None)
