"""Trino asked by the workstation, with another client's word on what it did not get from raw files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lakestead.errors import LakesteadError
from lakestead.kube.client import Api
from lakestead.pipeline.catalog import telescopes
from lakestead.pipeline.data import TABLES
from lakestead.pipeline.look import Answer, Looked, ask, look
from lakestead.rgw.credentials import Credentials
from lakestead.s3.session import user_s3
from lakestead.settings import Settings
from lakestead.spark.application import required as spark
from lakestead.trino.client import TrinoError, connected
from lakestead.trino.secrets import login, required

if TYPE_CHECKING:
    from trino.dbapi import Connection


class TooEarly(LakesteadError):
    """Trino cannot be asked yet."""


def looked(cluster: Api, settings: Settings) -> Looked:
    """The tables, each row compared with the raw files.

    Raises TooEarly where Trino cannot be asked, LakesteadError where a table is not as it should be.
    """
    with _connection(cluster, settings) as (trino, _):
        return look(trino, settings)


def asked(cluster: Api, settings: Settings) -> tuple[Looked, list[Answer]]:
    """The tables and the answers from them, compared too; raises as ``looked``, and without tables."""
    with _connection(cluster, settings) as (trino, key):
        found = look(trino, settings)
        if missing := [table.name for table in TABLES if table.name not in found.rows]:
            raise LakesteadError(
                f"There is no table {' and no table '.join(missing)} yet",
                where=f"{required(settings).catalog}.{spark(settings).sample}",
                do="run phase 3, or execute objective 3.3",
            )
        return found, ask(trino, settings, found, telescopes(settings, key))


@contextmanager
def _connection(cluster: Api, settings: Settings) -> Iterator[tuple[Connection, Credentials]]:
    section, known = required(settings), login(cluster, settings)
    user = user_s3(cluster, settings.object_storage)
    if known is None or user is None:
        secret = settings.object_storage.user.secret if known else section.users_secret
        raise TooEarly("Trino cannot be asked", found=f"Secret {secret} is not there")
    try:
        with connected(section.url, known, timeout=30, attempts=1) as trino:
            yield trino, user[1]
    except TrinoError as error:
        if error.kind:
            raise
        raise TooEarly(error.what, where=error.where, found=error.found, do=error.do) from error
