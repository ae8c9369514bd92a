"""The deploy file of ``lakestead recover``."""

from __future__ import annotations

from pyinfra import host

from lakestead.operations import recovery
from lakestead.settings import Settings

if "workstation" in host.groups:
    recovery.recover(name="Recover the metastore's database", settings=Settings.of(host))
