"""TPC-H's tables, by which query times are measured."""

from __future__ import annotations

from pyinfra import host

from lakestead.operations import tpch
from lakestead.settings import Settings


def deploy() -> None:
    """The tables of objective 3.2; call it for every host. Settings without them: nothing."""
    settings = Settings.of(host)
    if "workstation" in host.groups and settings.trino and settings.trino.tpch:
        tpch.tables(name="TPC-H: tables from Trino's generator", settings=settings)
