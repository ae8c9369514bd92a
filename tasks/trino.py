"""Trino: its Secrets, its release in the homelab repo, its first answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pyinfra import host

from lakestead.gates.gate import require
from lakestead.gates.images import images_gate
from lakestead.gates.monitoring import monitoring_kinds
from lakestead.gates.phases import phase1_gates
from lakestead.gitops.chart import chart_files
from lakestead.gitops.render import render
from lakestead.kube.session import api
from lakestead.operations import external_secrets, flux, gitops, trino
from lakestead.settings import Settings
from lakestead.settings.trino import COORDINATOR, WORKER
from lakestead.trino import release
from lakestead.trino.secrets import required, trino_copies

CHART = Path(__file__).resolve().parents[1] / "charts/trino"
APPS = "kubernetes/apps/data-platform"
MESSAGE = """\
Deploy Trino (objective 3.1)

It answers SQL from the lakehouse's tables.
"""


def healthy() -> None:
    """The gates before phase 3: what phase 1 has brought is there and well, and so is the image."""
    settings = Settings.of(host)
    if "cluster" in host.groups:
        section, cluster = required(settings), api(host)
        never = images_gate(cluster, [(section.image, section.image_pull_policy)])
        require([*phase1_gates(cluster, settings), never])


def deploy() -> None:
    """Everything of objective 3.1; call it for every host."""
    settings = Settings.of(host)
    section = required(settings)
    if "cluster" in host.groups:
        if settings.monitoring.prometheus_operator:
            require([monitoring_kinds(api(host))])
        trino.secrets(name="Trino: users, certificate, shared secret", settings=settings)
    app: dict[str, Any] = {
        "files": files(settings),
        "resources": {f"{APPS}/kustomization.yaml": ["./trino/ks.yaml"]},
        "prune": [f"kubernetes/charts/{CHART.name}"],
        "message": MESSAGE,
    }
    gitops.expect(**app)
    if "workstation" in host.groups:
        gitops.files(name="Trino: chart and release in the homelab repo", **app)
    if "cluster" in host.groups and settings.secrets.external:
        flux.reconcile(
            name="Trino: wait until Flux has applied its ExternalSecrets",
            kind="Kustomization",
            object_name="trino-secrets",
            namespace=settings.flux.namespace,
            timeout=section.timeout,
        )
        external_secrets.synced(
            name="Trino: wait for its Secrets",
            timeout=settings.flux.timeout,
            secrets=trino_copies(settings),
        )
    if "cluster" in host.groups:
        rollout = release.rollout_seconds(settings)
        for kind, name, namespace, timeout in (
            ("Kustomization", "trino", settings.flux.namespace, section.timeout),
            ("HelmRelease", section.release, settings.metastore.namespace, rollout),
        ):
            flux.reconcile(
                name=f"Trino: wait until its {kind} is ready",
                kind=kind,
                object_name=name,
                namespace=namespace,
                timeout=timeout,
                replicas=release.replicas(settings) if kind == "HelmRelease" else None,
            )
    if "workstation" in host.groups:
        trino.answers(name="Trino: who am I, which servers, and phase 1's table", settings=settings)


def files(settings: Settings) -> dict[str, bytes]:
    """Path in the homelab repo → content: the chart, the release, and what is copied for it.

    Raises LakesteadError where a NetworkPolicy is asked for and would keep Trino from what it needs.
    """
    section = required(settings)
    common = {
        "flux": settings.flux,
        "metastore": settings.metastore,
        "secrets": settings.secrets,
    }
    [values] = render(
        f"kubernetes/charts/{CHART.name}",
        trino=section,
        coordinator=settings.allocations[COORDINATOR],
        worker=settings.allocations[WORKER],
        monitoring=settings.monitoring,
        memory=release.memory(settings),
        catalogs=release.catalogs(settings),
        properties=release.properties(settings),
        resource_groups=release.resource_groups(settings),
        rules=release.rules(settings),
        egress_namespaces=release.egress_namespaces(settings),
        s3_secret=settings.object_storage.user.secret.partition("/")[2],
    ).values()
    found = chart_files(CHART, values)
    rollout = release.rollout_seconds(settings)
    for part in ("ks.yaml", "app"):
        found |= render(f"{APPS}/trino/{part}", **common, trino=section, rollout_seconds=rollout)
    if settings.secrets.external:
        found |= render(f"{APPS}/trino/secrets", **common, copied=trino_copies(settings))
    return found
