"""Flux: where it comes from, and the names of what makes it follow the homelab repo."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from lakestead.settings.framework import Section
from lakestead.settings.names import Namespace, ObjectName


class Flux(Section):
    """Flux's installation and its root objects.

    The default names are those of ``flux bootstrap`` and of most homelab templates. Objects of these
    names that somebody else made are used as they are.

    + manifests: file with Flux's install manifests (several YAML documents); needed only where the
      cluster has no Flux yet
    + namespace: of the controllers, if installed, and of the objects below
    + git_repository, kustomization, secret: names of the GitRepository, of the root Kustomization and
      of the Secret with the credentials
    + path: the folder of the homelab repo that the root Kustomization applies
    + interval: between two looks of Flux at the repository: ``1m``, ``1h30m``
    + timeout: seconds to wait for Flux to have done something
    + kubectl, helm: programs with which a plan shows what Flux will make of a commit; by default those
      in PATH, and the plan says so where one is missing
    """

    manifests: str | None = None
    namespace: Namespace = "flux-system"
    git_repository: ObjectName = "flux-system"
    kustomization: ObjectName = "flux-system"
    secret: ObjectName = "flux-system"
    path: Annotated[str, Field(pattern=r"^\./")] = "./kubernetes/flux/cluster"
    interval: Annotated[str, Field(pattern=r"^([0-9]+h)?([0-9]+m)?([0-9]+s)?$", min_length=2)] = (
        "1m"
    )
    timeout: Annotated[int, Field(gt=0)] = 300
    kubectl: str | None = None
    helm: str | None = None
