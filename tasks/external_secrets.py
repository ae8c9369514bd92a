"""External Secrets: there where the settings want it, and added to the homelab repo where they say how."""

from __future__ import annotations

from typing import Any

from pyinfra import host

from lakestead.gates.external_secrets import external_secrets_gate
from lakestead.gates.gate import require
from lakestead.gitops.render import render
from lakestead.kube.session import api
from lakestead.operations import flux, gitops
from lakestead.settings import Settings

APPS = "kubernetes/apps/external-secrets"
MESSAGE = """\
Add the External Secrets Operator

It copies credentials from the store to the Secrets that pods read.
"""


def deploy() -> None:
    """The gate; the operator's release, where ``secrets.operator`` says that it is ours to make."""
    settings = Settings.of(host)
    if not settings.secrets.external:
        return
    if "cluster" in host.groups:
        require([external_secrets_gate(api(host), settings.secrets)])
    operator = settings.secrets.operator
    if operator is None:
        return
    release: dict[str, Any] = {
        "files": render(APPS, flux=settings.flux, operator=operator),
        "message": MESSAGE,
    }
    gitops.expect(**release)
    if "workstation" in host.groups:
        gitops.files(name="External Secrets: release in the homelab repo", **release)
    if "cluster" in host.groups:
        for kind, namespace in (
            ("Kustomization", settings.flux.namespace),
            ("HelmRelease", operator.namespace),
        ):
            flux.reconcile(
                name=f"External Secrets: wait until its {kind} is ready",
                kind=kind,
                object_name="external-secrets",
                namespace=namespace,
            )
