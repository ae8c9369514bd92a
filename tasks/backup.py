"""The metadata's backup: a bucket that its writer cannot delete from, a reader, a CronJob, a drill."""

from __future__ import annotations

from typing import Any

from pyinfra import host, logger

from lakestead.backup.jobs import app_files
from lakestead.backup.settings import database_section, owner_section, required, writer_section
from lakestead.kube.identity import cluster_uid
from lakestead.kube.session import api
from lakestead.operations import backup, database, flux, gitops
from lakestead.operations.object_storage_buckets import buckets
from lakestead.operations.object_storage_user import rgw_user
from lakestead.settings import Settings
from tasks.metastore import COMPONENT as METASTORE

APPS = "kubernetes/apps/data-platform"


def deploy() -> None:
    """The scheduled dumps of objective 1.4; call it for every host. Settings without them: nothing."""
    settings = Settings.of(host)
    section = settings.backup
    if section is None:
        if "workstation" in host.groups:
            logger.warning("Backup: the settings have no section backup, so there is none")
        return
    if "workstation" in host.groups:
        writer, owner = writer_section(settings), owner_section(settings)
        rgw_user(name="Backup: the user who writes", settings=writer)
        rgw_user(name="Backup: the user who owns the bucket", settings=owner)
        buckets(name="Backup: the bucket", settings=owner)
    reader = database_section(settings)
    if "cluster" in host.groups:
        database.password_secret(name="Backup: a password for its database user", settings=reader)
    if "database" in host.groups:
        backup.reader(name="Backup: a database user who can only read", settings=settings)
        database.role_password(name="Backup: that user's password", settings=reader)
    if not {"workstation", "cluster"} & set(host.groups):
        return
    app: dict[str, Any] = {
        "files": app_files(settings, cluster_uid(api(host))),
        "resources": {f"{APPS}/kustomization.yaml": ["./metadata-backup/ks.yaml"]},
        "message": MESSAGE,
    }
    gitops.expect(**app)
    if "workstation" in host.groups:
        gitops.files(name="Backup: its CronJob in the homelab repo", **app)
    if "cluster" in host.groups:
        flux.reconcile(
            name="Backup: wait until Flux has applied its Kustomization",
            kind="Kustomization",
            object_name=section.name,
            namespace=settings.flux.namespace,
            timeout=section.timeout,
        )
        # The commit is not about it, but Flux goes to it with all that it has applied.
        flux.reconcile(
            name="Backup: wait until Flux has brought the metastore to the same commit",
            kind="Kustomization",
            object_name=METASTORE,
            namespace=settings.flux.namespace,
            timeout=section.timeout,
        )


def drill() -> None:
    """Prove that a backup can be restored; call it for every host, after ``deploy``."""
    required(Settings.of(host))
    if "workstation" in host.groups:
        backup.drill(name="Backup: restore one and compare", settings=Settings.of(host))


MESSAGE = """\
Back up the metastore's database (objective 1.4)

Which tables there are, and which metadata file of each is the newest, is nowhere else.
"""
