"""What pyiceberg, and not Trino, says of the tables."""

from __future__ import annotations

from lakestead.iceberg import proved
from lakestead.iceberg.catalog import connect
from lakestead.iceberg.failures import explained
from lakestead.pipeline.data import Row, Table
from lakestead.pipeline.files import orphans
from lakestead.rgw.credentials import Credentials
from lakestead.s3.client import S3
from lakestead.settings import Settings
from lakestead.spark.application import required


def telescopes(settings: Settings, key: Credentials) -> list[Row]:
    """Id, name and aperture of each telescope in the table that objective 1.3 made."""
    columns = ("id", "telescope", "aperture_m")
    found = proved.read(settings.iceberg, settings.object_storage, key, columns)
    return [tuple(row[column] for column in columns) for row in found.to_pylist()]


def unreferenced(settings: Settings, s3: S3, key: Credentials, table: Table) -> list[str]:
    """Data files of a table that no snapshot has: what jobs have written that did not end."""
    name = f"{required(settings).sample}.{table.name}"
    with explained(f"read table {name}", settings.iceberg, settings.object_storage):
        loaded = connect(settings.iceberg, settings.object_storage, key).load_table(name)
        known = loaded.inspect.all_files()["file_path"].to_pylist()
    return orphans(s3, loaded.location(), known)
