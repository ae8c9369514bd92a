"""Objective 1.2, the Hive Metastore: the part of phase1.py that it stands for."""

from __future__ import annotations

from pyinfra import state

from lakestead.gates.gate import require
from lakestead.gates.hosts import all_connected, groups_present
from tasks import capacity, external_secrets, flux, metastore

require(
    [
        groups_present(state.inventory.groups, ("cluster", "database", "workstation")),
        all_connected(state),
    ]
)
capacity.deploy(phase=1)
flux.deploy()
external_secrets.deploy()
metastore.deploy()
