"""A credential that Spark's jobs have too is brought to them, and to nobody before phase 2."""

from __future__ import annotations

import base64
from typing import Any

from lakestead.credentials.copies import database_copy, further, s3_copy, spark_copy
from lakestead.kube.client import ObjectRef
from lakestead.settings import Settings


class Told:
    """An API with Secrets, by their full names."""

    def __init__(self, **secrets: dict[str, Any]) -> None:
        self.secrets = secrets

    def get(self, ref: ObjectRef) -> dict[str, Any] | None:
        return self.secrets.get(str(ref.namespace).replace("-", "_"))


def test_where_else_the_key_is(settings: Settings) -> None:
    s3, database = s3_copy(settings), database_copy(settings)
    after = Told(spark={"data": {}})
    assert [str(copy.target) for copy in further(after, settings, s3)] == [  # type: ignore[arg-type]
        "Secret spark/lakehouse-s3"
    ]
    assert further(Told(), settings, s3) == []  # type: ignore[arg-type]
    assert further(after, settings, database) == []  # type: ignore[arg-type]
    without = settings.model_copy(update={"spark": None})
    assert further(after, without, s3) == []  # type: ignore[arg-type]


def test_the_copy_has_the_key_alone(settings: Settings) -> None:
    key = {"AWS_ACCESS_KEY_ID": base64.b64encode(b"AK").decode(), "AWS_SECRET_ACCESS_KEY": "c2s="}
    kept = Told(lakestead_secrets={"data": {**key, "note": "bm90ZQ=="}})
    manifest = spark_copy(settings).manifest(kept)  # type: ignore[arg-type]
    assert manifest["data"] == key
    assert manifest["metadata"]["namespace"] == "spark"
