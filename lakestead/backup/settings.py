"""The backup's settings as those of the parts that it is made of: two S3 users, a bucket, a role."""

from __future__ import annotations

from typing import Any

from lakestead.errors import WrongUsage
from lakestead.settings import Settings
from lakestead.settings.backup import Backup
from lakestead.settings.metastore import Metastore
from lakestead.settings.object_storage import Bucket, ObjectStorage, User

NO_BUCKETS = -1


def required(settings: Settings) -> Backup:
    """The backup's section; raises WrongUsage where there is none."""
    if settings.backup is None:
        raise WrongUsage(
            "The settings have no section backup",
            expected='at least backup = {"image": …} in the inventory\'s group data',
            do="docs/backup.md has an example",
        )
    return settings.backup


def owner_section(settings: Settings) -> ObjectStorage:
    """The object storage with the backups' bucket and the user who owns it."""
    backup = required(settings)
    user = User(
        uid=backup.owner,
        display_name="Lakehouse backups",
        max_buckets=1,
        secret=backup.owner_secret,
    )
    bucket = Bucket.model_validate(_bucket(backup))
    return _section(settings.object_storage, user, {backup.bucket: bucket})


def writer_section(settings: Settings) -> ObjectStorage:
    """The object storage with the user who writes backups, and may own no bucket."""
    backup = required(settings)
    user = User(
        uid=backup.writer,
        display_name="Metadata backup",
        secret=f"{settings.metastore.namespace}/{backup.writer_secret}",
    ).model_copy(update={"max_buckets": NO_BUCKETS})
    return _section(settings.object_storage, user, {})


def database_section(settings: Settings) -> Metastore:
    """The metastore's section with the role that can only read."""
    backup = required(settings)
    update = {"role": backup.role, "secret": backup.role_secret, "namespace": None}
    database = settings.metastore.database.model_copy(update=update)
    return settings.metastore.model_copy(update={"database": database})


def _section(whole: ObjectStorage, user: User, buckets: dict[str, Bucket]) -> ObjectStorage:
    return whole.model_copy(update={"user": user, "buckets": buckets})


def _bucket(backup: Backup) -> dict[str, Any]:
    """Versioned; deleted by age alone. A policy lets the writer put and get, and nothing else.

    The owner is named too: without it an object is as its writer's ACL says.
    """
    objects = f"arn:aws:s3:::{backup.bucket}/*"
    return {
        "versioning": True,
        "lifecycle": [
            {"id": "old-backups", "expire_days": backup.keep_days},
            {
                "id": "deleted-backups",
                "noncurrent_days": backup.keep_deleted_days,
                "expired_delete_markers": True,
            },
            {"id": "lost-uploads", "abort_multipart_days": 1},
        ],
        "policy": [
            {
                "Sid": "WriterAdds",
                "Effect": "Allow",
                "Principal": {"AWS": [f"arn:aws:iam:::user/{backup.writer}"]},
                "Action": ["s3:PutObject", "s3:GetObject"],
                "Resource": objects,
            },
            {
                "Sid": "OwnerReads",
                "Effect": "Allow",
                "Principal": {"AWS": [f"arn:aws:iam:::user/{backup.owner}"]},
                "Action": ["s3:GetObject", "s3:GetObjectVersion"],
                "Resource": objects,
            },
        ],
    }
