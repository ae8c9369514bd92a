"""Iceberg: a table in the metastore and on the bucket, written and read from the workstation."""

from __future__ import annotations

from pyinfra import host

from lakestead.operations import iceberg
from lakestead.settings import Settings


def deploy() -> None:
    """Everything of objective 1.3; call it for every host."""
    if "workstation" not in host.groups:
        return
    settings = Settings.of(host)
    iceberg.proof_table(
        name="Iceberg: create, append, read back, time travel",
        settings=settings.iceberg,
        s3=settings.object_storage,
    )
