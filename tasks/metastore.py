"""The Hive Metastore: its database in PostgreSQL, its release in the homelab repo, its first answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pyinfra import host

from lakestead.credentials.copies import copies
from lakestead.gates.gate import require
from lakestead.gates.monitoring import monitoring_kinds
from lakestead.gitops.chart import chart_files
from lakestead.gitops.render import render
from lakestead.kube.session import api
from lakestead.metastore.egress import egress_namespaces
from lakestead.operations import (
    database,
    database_limit,
    external_secrets,
    flux,
    gitops,
    metastore,
)
from lakestead.plan.phases import SURGE
from lakestead.settings import Settings

COMPONENT = "hive-metastore"
CHART = Path(__file__).resolve().parents[1] / "charts/hive-metastore"
APPS = "kubernetes/apps/data-platform"


def deploy() -> None:
    """Everything of objective 1.2; call it for every host."""
    settings = Settings.of(host)
    section = settings.metastore
    if "cluster" in host.groups:
        if settings.monitoring.prometheus_operator:
            require([monitoring_kinds(api(host))])
        database.password_secret(
            name="Metastore: a password for its database user", settings=section
        )
    if "database" in host.groups:
        database.role_and_database(name="Metastore: user and database", settings=section)
        database.role_password(name="Metastore: the user's password", settings=section)
        database_limit.connection_limit(
            name="Metastore: the user's connections",
            settings=section,
            replicas=settings.allocations[COMPONENT].replicas,
            surge=SURGE[COMPONENT],
        )
    release: dict[str, Any] = {
        "files": files(settings),
        "resources": {f"{APPS}/kustomization.yaml": kustomizations(settings)},
        "prune": [f"kubernetes/charts/{CHART.name}"],
        "message": MESSAGE,
    }
    gitops.expect(**release)
    if "workstation" in host.groups:
        gitops.files(name="Metastore: chart and release in the homelab repo", **release)
    if "cluster" in host.groups and settings.secrets.external:
        flux.reconcile(
            name="Metastore: wait until Flux has applied its ExternalSecrets",
            kind="Kustomization",
            object_name="data-platform-secrets",
            namespace=settings.flux.namespace,
            timeout=section.timeout,
        )
        external_secrets.synced(
            name="Metastore: wait for its Secrets", timeout=settings.flux.timeout
        )
    if "cluster" in host.groups:
        flux.reconcile(
            name="Metastore: wait until Flux has applied its Kustomization",
            kind="Kustomization",
            object_name="hive-metastore",
            namespace=settings.flux.namespace,
            timeout=section.timeout,
        )
        flux.reconcile(
            name="Metastore: wait until its release is ready",
            kind="HelmRelease",
            object_name=section.release,
            namespace=section.namespace,
            timeout=section.timeout,
        )
    if "workstation" in host.groups:
        metastore.answers(
            name="Metastore: ask it for its databases",
            thrift=settings.iceberg.thrift,
            settings=section,
        )


MESSAGE = """\
Deploy the Hive Metastore (objective 1.2)

Iceberg's catalog keeps in it which tables there are and which metadata file of each is the newest.
"""


def kustomizations(settings: Settings) -> list[str]:
    """What Flux applies in the namespace's folder, relative to it."""
    secrets = ["./secrets/ks.yaml"] if settings.secrets.external else []
    return [*secrets, "./hive-metastore/ks.yaml"]


def files(settings: Settings) -> dict[str, bytes]:
    """Path in the homelab repo → content: the chart, and the release that uses it.

    With External Secrets also the store, and what is copied from it. Raises LakesteadError where a
    NetworkPolicy is asked for and would keep the metastore from what it needs.
    """
    [values] = render(
        f"kubernetes/charts/{CHART.name}",
        metastore=settings.metastore,
        allocation=settings.allocations[COMPONENT],
        monitoring=settings.monitoring,
        egress_namespaces=egress_namespaces(settings),
        s3=settings.object_storage,
        s3_secret=settings.object_storage.user.secret.partition("/")[2],
    ).values()
    found = chart_files(CHART, values) | render(
        f"{APPS}/hive-metastore",
        flux=settings.flux,
        metastore=settings.metastore,
        secrets=settings.secrets,
    )
    if settings.secrets.external:
        found |= render(
            f"{APPS}/secrets",
            flux=settings.flux,
            metastore=settings.metastore,
            secrets=settings.secrets,
            copied=copies(settings),
        )
    return found
