"""Iceberg's catalog, as a drill and a recovery ask it."""

from __future__ import annotations

from typing import Any

from lakestead.errors import LakesteadError
from lakestead.iceberg.catalog import connect
from lakestead.kube.client import Api
from lakestead.rgw.key_secrets import user_secret
from lakestead.settings import Settings
from lakestead.settings.iceberg import Iceberg


def open_catalog(api: Api, settings: Settings, iceberg: Iceberg) -> Any:
    """pyiceberg's catalog on the metastore that ``iceberg`` names, with the key of the buckets' owner."""
    s3 = settings.object_storage
    key = user_secret(s3.user.secret).read(api)
    if key is None:
        raise LakesteadError(f"Secret {s3.user.secret} is not there", do="run phase 1")
    return connect(iceberg, s3, key)
