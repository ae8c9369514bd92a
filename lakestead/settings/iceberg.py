"""The Iceberg catalog as the workstation reaches it, and the table that proves it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator

from lakestead.settings.framework import Section

Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=128)]


class Iceberg(Section):
    """The catalog.

    + thrift: the metastore as the workstation reaches it
    + namespace, table: of the table with which phase 1 proves the catalog
    + warehouse: where that namespace lies, in one of ``object_storage.buckets``
    """

    thrift: Annotated[str, Field(pattern=r"^thrift://[A-Za-z0-9.-]+:[0-9]{1,5}$")]
    namespace: Identifier = "lakestead"
    table: Identifier = "first_light"
    warehouse: str

    @field_validator("warehouse")
    @classmethod
    def _url(cls, value: str) -> str:
        bucket, _, prefix = value.removeprefix("s3a://").partition("/")
        if not value.startswith("s3a://") or not bucket or not prefix.strip("/"):
            raise ValueError("s3a://BUCKET/PREFIX")
        return value.rstrip("/")
