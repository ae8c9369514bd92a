"""Which Flux a cluster has, wherever it is and whoever installed it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lakestead.errors import LakesteadError
from lakestead.flux.kinds import API_VERSIONS
from lakestead.kube.client import FIELD_MANAGER, Api, ObjectRef
from lakestead.kube.status import status

CONTROLLERS = ("source-controller", "kustomize-controller", "helm-controller")
CRDS = {
    "gitrepositories.source.toolkit.fluxcd.io": API_VERSIONS["GitRepository"],
    "helmcharts.source.toolkit.fluxcd.io": API_VERSIONS["HelmChart"],
    "kustomizations.kustomize.toolkit.fluxcd.io": API_VERSIONS["Kustomization"],
    "helmreleases.helm.toolkit.fluxcd.io": API_VERSIONS["HelmRelease"],
}


@dataclass(frozen=True, slots=True)
class Installation:
    """The parts of Flux that a cluster has.

    + controllers: name → Deployment, of those in ``CONTROLLERS``
    + crds: name → CustomResourceDefinition, of those in ``CRDS``
    """

    controllers: Mapping[str, Mapping[str, Any]]
    crds: Mapping[str, Mapping[str, Any]]

    @property
    def foreign(self) -> bool:
        """Whether somebody else than Lakestead installed it."""
        parts = [*self.controllers.values(), *self.crds.values()]
        return bool(parts) and not any(is_ours(part) for part in parts)

    @property
    def missing(self) -> list[str]:
        """What a whole Flux has and this one has not."""
        parts = [f"Deployment {name}" for name in CONTROLLERS if name not in self.controllers]
        for name, api_version in CRDS.items():
            if name not in self.crds:
                parts.append(f"CustomResourceDefinition {name}")
            elif api_version.split("/")[1] not in _served(self.crds[name]):
                parts.append(f"version {api_version.split('/')[1]} of {name}")
        return parts

    @property
    def not_ready(self) -> list[str]:
        """Controllers that do not run, each with the reason."""
        states = {name: status(found) for name, found in self.controllers.items()}
        return [f"{name}: {state.reason}" for name, state in states.items() if not state.ready]

    def __str__(self) -> str:
        there = [self.controllers[name] for name in CONTROLLERS if name in self.controllers]
        return ", ".join(map(_describe, there)) or "no controllers"


def find(api: Api) -> Installation:
    """Look for Flux in the whole cluster."""
    controllers = {}
    for deployment in api.list("apps/v1", "Deployment"):
        labels = deployment["metadata"].get("labels") or {}
        names = (deployment["metadata"]["name"], labels.get("app.kubernetes.io/component"))
        controllers.update({name: deployment for name in CONTROLLERS if name in names})
    crds = {}
    for name in CRDS:
        crd = api.get(ObjectRef("apiextensions.k8s.io/v1", "CustomResourceDefinition", name))
        if crd is not None:
            crds[name] = crd
    return Installation(controllers, crds)


def check_foreign(found: Installation) -> None:
    """Raise LakesteadError where a Flux of somebody else is not whole or does not run."""
    if found.missing:
        raise LakesteadError(
            "The cluster has a Flux that Lakestead did not install, and parts of it are missing",
            found=f"{found}; not there: " + ", ".join(found.missing),
            expected="source-, kustomize- and helm-controller with their CRDs, or no Flux at all",
            do="complete it the way it was installed (flux install, its operator or chart)",
        )
    if found.not_ready:
        raise LakesteadError(
            "The cluster's Flux does not run",
            found="\n".join(found.not_ready),
            do="kubectl get deployments -A -l app.kubernetes.io/part-of=flux",
        )


def check_left_to_administrator(
    found: Installation, refused: LakesteadError, manifests: str | None
) -> None:
    """Raise LakesteadError where this user may not install Flux and there is none that runs.

    + refused: what the API server has refused
    """
    lacking = found.missing or found.not_ready
    if not lacking:
        return
    raise LakesteadError(
        "The cluster has no Flux that runs, and this user may not install it",
        where=refused.where,
        found=f"{refused.what}; Flux: " + ", ".join(lacking),
        expected="an administrator does it, once: it takes definitions and cluster-admin for Flux's "
        "controllers",
        do=f"as administrator: kubectl apply --server-side --filename {manifests}; "
        "kubectl apply --server-side --kustomize permissions (docs/permissions.md)",
    ) from refused


def is_ours(obj: Mapping[str, Any]) -> bool:
    """Whether Lakestead applied an object."""
    entries: Sequence[Mapping[str, Any]] = obj["metadata"].get("managedFields") or ()
    return any(
        entry.get("manager") == FIELD_MANAGER and entry.get("operation") == "Apply"
        for entry in entries
    )


def _served(crd: Mapping[str, Any]) -> list[str]:
    return [version["name"] for version in crd["spec"]["versions"] if version.get("served")]


def _describe(deployment: Mapping[str, Any]) -> str:
    metadata = deployment["metadata"]
    image = str(deployment["spec"]["template"]["spec"]["containers"][0]["image"])
    tag = image.rpartition("/")[2].partition("@")[0].partition(":")[2]
    return f"{metadata['namespace']}/{metadata['name']} {tag}".rstrip()
