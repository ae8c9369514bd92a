"""Flux's kinds, and the revisions they speak of."""

from __future__ import annotations

from typing import Literal

from lakestead.kube.client import ObjectRef

API_VERSIONS = {
    "GitRepository": "source.toolkit.fluxcd.io/v1",
    "HelmChart": "source.toolkit.fluxcd.io/v1",
    "Kustomization": "kustomize.toolkit.fluxcd.io/v1",
    "HelmRelease": "helm.toolkit.fluxcd.io/v2",
}
Kind = Literal["GitRepository", "Kustomization", "HelmRelease"]


def flux_ref(kind: str, name: str, namespace: str) -> ObjectRef:
    """The address of a Flux object."""
    return ObjectRef(API_VERSIONS[kind], kind, name, namespace)


def revision(branch: str, commit: str) -> str:
    """A commit as Flux names it in status: ``main@sha1:<id>`` (Flux RFC-0005)."""
    return f"{branch}@sha1:{commit}"


def short(named: str | None) -> str:
    """A revision for a person: ``main@1a2b3c4d``."""
    branch, _, commit = (named or "").partition("@")
    return f"{branch}@{commit.removeprefix('sha1:')[:8]}" if commit else named or "nothing"
