"""The catalog as pyiceberg wants it described."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from lakestead.rgw.credentials import Credentials
from lakestead.settings.iceberg import Iceberg
from lakestead.settings.object_storage import ObjectStorage

if TYPE_CHECKING:
    from pyiceberg.catalog.hive import HiveCatalog

NAME = "lakestead"


def properties(iceberg: Iceberg, s3: ObjectStorage, key: Credentials) -> dict[str, str]:
    """pyiceberg's properties for the Hive Metastore and the bucket; they hold the secret key.

    Not s3fs for the files: its aiobotocore wants another boto3 than the rest.
    https://py.iceberg.apache.org/configuration/
    """
    described = {
        "type": "hive",
        "uri": iceberg.thrift,
        "py-io-impl": "pyiceberg.io.pyarrow.PyArrowFileIO",
        "s3.endpoint": s3.endpoint,
        "s3.region": s3.region,
        "s3.access-key-id": key.access_key,
        "s3.secret-access-key": key.secret_key,
        "s3.force-virtual-addressing": "false",
        "s3.connect-timeout": "5",
        "s3.request-timeout": "30",
    }
    if s3.ca_bundle:
        described |= {
            "py-io-impl": "lakestead.iceberg.file_io.FileIOWithAuthority",
            "lakestead.ca-bundle": s3.ca_bundle,
        }
    return described


def connect(iceberg: Iceberg, s3: ObjectStorage, key: Credentials) -> HiveCatalog:
    """The catalog. Made without pyiceberg's own configuration file, which may say otherwise."""
    from pyiceberg.catalog.hive import HiveCatalog

    # What they log as warnings and errors is raised as well, and said once.
    for noisy in ("pyiceberg", "thrift.transport.TSocket"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
    return HiveCatalog(NAME, **properties(iceberg, s3, key))
