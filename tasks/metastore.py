"""The Hive Metastore: its database in PostgreSQL, its release in the homelab repo, its first answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pyinfra import host

from lakestead.errors import LakesteadError
from lakestead.gitops.chart import chart_files
from lakestead.gitops.render import render
from lakestead.operations import database, flux, gitops, metastore
from lakestead.settings import Settings

CHART = Path(__file__).resolve().parents[1] / "charts/hive-metastore"
APPS = "kubernetes/apps/data-platform"


def deploy() -> None:
    """Everything of objective 1.2; call it for every host."""
    settings = Settings.of(host)
    section = settings.metastore
    if "cluster" in host.groups:
        database.password_secret(
            name="Metastore: a password for its database user", settings=section
        )
    if "database" in host.groups:
        database.role_and_database(name="Metastore: user and database", settings=section)
        database.role_password(name="Metastore: the user's password", settings=section)
    release: dict[str, Any] = {
        "files": files(settings),
        "resources": {f"{APPS}/kustomization.yaml": ["./hive-metastore/ks.yaml"]},
        "prune": [f"kubernetes/charts/{CHART.name}"],
        "message": MESSAGE,
    }
    gitops.expect(**release)
    if "workstation" in host.groups:
        gitops.files(name="Metastore: chart and release in the homelab repo", **release)
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


def files(settings: Settings) -> dict[str, bytes]:
    """Path in the homelab repo → content: the chart, and the release that uses it.

    Raises LakesteadError where the S3 key is in another namespace than the metastore.
    """
    s3_namespace, _, s3_secret = settings.object_storage.user.secret.partition("/")
    if s3_namespace != settings.metastore.namespace:
        raise LakesteadError(
            "The metastore's pods cannot read the key of the object storage",
            found=f"object_storage.user.secret is in namespace {s3_namespace}",
            expected=f"namespace {settings.metastore.namespace}, as metastore.namespace has it",
            do="change one of the two",
        )
    release = render(
        f"{APPS}/hive-metastore",
        flux=settings.flux,
        metastore=settings.metastore,
        allocation=settings.allocations["hive-metastore"],
        s3=settings.object_storage,
        s3_secret=s3_secret,
    )
    return release | chart_files(CHART)
