"""The metadata's backup: how often, where to, how long, and when it is too old to be trusted."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from lakestead.settings.framework import Section
from lakestead.settings.names import NamespacedName, ObjectName, Text
from lakestead.settings.object_storage import BucketName, Uid

Positive = Annotated[int, Field(gt=0)]


class Backup(Section):
    """Dumps of the metastore's database in a bucket of their own.

    + image: with the commands of ``images/metadata-backup``
    + image_pull_policy: as Kubernetes has it
    + name: of the CronJob, and of its Kustomization
    + schedule: as cron has it, in UTC
    + bucket: of the backups alone
    + keep_days: until a backup is deleted by the bucket's lifecycle
    + keep_deleted_days: for which what was deleted or written over can still be had
    + max_age_hours: an older newest backup is a failed gate, and is not recovered from unasked
    + owner, owner_secret: the RGW user who owns the bucket, and the ``namespace/name`` of its key; no
      pod needs it
    + writer, writer_secret: the user who writes backups and can delete none; the Secret is in the
      metastore's namespace
    + role, role_secret: the user of PostgreSQL who can only read; likewise
    + drill_days: a drill is due where the last that passed is older
    + drill_memory: of the metastore that a drill starts
    + timeout: seconds for one backup or restore
    """

    image: Text
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] = "IfNotPresent"
    name: ObjectName = "metadata-backup"
    schedule: Annotated[str, Field(pattern=r"^\S+( \S+){4}$")] = "17 */6 * * *"
    bucket: BucketName = "lakehouse-backups"
    keep_days: Positive = 30
    keep_deleted_days: Positive = 14
    max_age_hours: Positive = 26
    owner: Uid = "lakehouse-backups"
    owner_secret: NamespacedName = "storage/lakehouse-backups-s3"
    writer: Uid = "metadata-backup"
    writer_secret: ObjectName = "metadata-backup-s3"
    role: Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]*$", max_length=63)] = "metastore_backup"
    role_secret: ObjectName = "metadata-backup-database"
    drill_days: Positive = 30
    drill_memory: Annotated[str, Field(pattern=r"^[0-9]+(Mi|Gi)$")] = "512Mi"
    timeout: Positive = 600
