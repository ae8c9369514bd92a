"""What makes Flux follow the homelab repo: a Secret, a GitRepository and the root Kustomization."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from lakestead.errors import LakesteadError
from lakestead.flux.installation import is_ours
from lakestead.flux.kinds import API_VERSIONS, flux_ref
from lakestead.kube.client import Api
from lakestead.settings.flux import Flux
from lakestead.settings.gitops import Gitops

Manifest = dict[str, Any]


def secret(flux: Flux, username: str, password: str) -> Manifest:
    """The credentials, with the keys that source-controller reads for http(s)."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": flux.secret, "namespace": flux.namespace},
        "stringData": {"username": username, "password": password},
    }


def git_repository(flux: Flux, gitops: Gitops) -> Manifest:
    """The GitRepository of the homelab repo."""
    return {
        "apiVersion": API_VERSIONS["GitRepository"],
        "kind": "GitRepository",
        "metadata": {"name": flux.git_repository, "namespace": flux.namespace},
        "spec": {
            "url": gitops.cluster_url or gitops.url,
            "ref": {"branch": gitops.branch},
            "interval": flux.interval,
            "timeout": "60s",
            "secretRef": {"name": flux.secret},
        },
    }


def root_kustomization(flux: Flux) -> Manifest:
    """The Kustomization that applies the homelab repo's entry folder."""
    return {
        "apiVersion": API_VERSIONS["Kustomization"],
        "kind": "Kustomization",
        "metadata": {"name": flux.kustomization, "namespace": flux.namespace},
        "spec": {
            "sourceRef": {"kind": "GitRepository", "name": flux.git_repository},
            "path": flux.path,
            "interval": flux.interval,
            "retryInterval": "30s",
            "timeout": "2m",
            "prune": True,
            "wait": False,
        },
    }


def foreign(api: Api, flux: Flux, kind: str) -> Mapping[str, Any] | None:
    """The GitRepository or root Kustomization of the settings' name, where somebody else made it."""
    name = flux.git_repository if kind == "GitRepository" else flux.kustomization
    found = api.get(flux_ref(kind, name, flux.namespace))
    return None if found is None or is_ours(found) else found


def check_follows(source: Mapping[str, Any], gitops: Gitops) -> None:
    """Raise LakesteadError where a GitRepository of somebody else follows another repository or branch."""
    spec = source["spec"]
    ours = {_path(url) for url in (gitops.url, gitops.cluster_url) if url}
    branch = (spec.get("ref") or {}).get("branch")
    if _path(spec["url"]) in ours and branch in (gitops.branch, None):
        return
    name = f"{source['metadata']['namespace']}/{source['metadata']['name']}"
    raise LakesteadError(
        f"GitRepository {name} does not follow the homelab repo of the settings",
        found=f"{spec['url']}, branch {branch}",
        expected=f"{gitops.cluster_url or gitops.url}, branch {gitops.branch}",
        do="correct gitops.url and gitops.branch, or name another GitRepository in flux.git_repository",
    )


def _path(url: str) -> str:
    """What is the same in ``https://host/me/homelab.git`` and ``ssh://git@host/me/homelab``."""
    return urlsplit(url).path.strip("/").removesuffix(".git").lower()
