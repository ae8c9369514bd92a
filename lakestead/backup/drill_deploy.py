"""The deploy file of ``lakestead drill``."""

from __future__ import annotations

from pyinfra import host

from lakestead.operations import backup
from lakestead.settings import Settings

if "workstation" in host.groups:
    backup.drill(name="Backup: restore one and compare", settings=Settings.of(host))
