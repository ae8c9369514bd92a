"""Flux: installed where there is none, and following the homelab repo."""

from __future__ import annotations

from typing import Any

from pyinfra import host

from lakestead.flux import sync
from lakestead.gitops.render import render
from lakestead.kube.session import api
from lakestead.operations import flux, gitops
from lakestead.settings import Settings


def deploy() -> None:
    """Install Flux, seed the homelab repo, make Flux follow it, and wait until it has."""
    if "cluster" in host.groups:
        flux.install(name="Install Flux")
    seeded: dict[str, Any] = {"files": seeds(), "message": SEED_MESSAGE, "existing": "keep"}
    gitops.expect(**seeded)
    if "workstation" in host.groups:
        gitops.files(name="Seed the homelab repo", **seeded)
    if "cluster" in host.groups:
        settings = Settings.of(host).flux
        flux.follow(name="Make Flux follow the homelab repo")
        flux.reconcile(
            name="Wait until Flux has fetched the homelab repo",
            kind="GitRepository",
            object_name=settings.git_repository,
            namespace=settings.namespace,
        )
        for kustomization in kustomizations():
            flux.reconcile(
                name=f"Wait until Flux has applied Kustomization {kustomization}",
                kind="Kustomization",
                object_name=kustomization,
                namespace=settings.namespace,
            )


def kustomizations() -> list[str]:
    """The root Kustomization, and those that the seeded one applies."""
    root = Settings.of(host).flux.kustomization
    return [root, "cluster-meta", "cluster-apps"] if starts_here() else [root]


def starts_here() -> bool:
    """Whether Flux begins in the folder that Lakestead seeds: nobody else made the root Kustomization."""
    return sync.foreign(api(host), Settings.of(host).flux, "Kustomization") is None


SEED_MESSAGE = """\
Seed the homelab repo (Flux bootstrap)

Flux begins in kubernetes/flux/cluster and applies kubernetes/flux/meta and kubernetes/apps from
there. Files that were here already are as they were.
"""

SEEDS = (
    "README.md",
    "docs/data-platform/bootstrap/README.md",
    "kubernetes/apps/data-platform/kustomization.yaml",
    "kubernetes/apps/data-platform/namespace.yaml",
)
FLUX_SEEDS = ("kubernetes/flux",)


def seeds() -> dict[str, bytes]:
    """The folder structure that phase 1 needs in the homelab repo.

    Where somebody else made the root Kustomization, Flux begins elsewhere, and ``kubernetes/flux`` is
    left alone.
    """
    settings = Settings.of(host)
    values = {"branch": settings.gitops.branch, "flux": settings.flux.model_dump()}
    files: dict[str, bytes] = {}
    for path in SEEDS + FLUX_SEEDS * starts_here():
        files |= render(path, **values)
    return files
