"""Objective 1.1, S3 storage validation: the part of phase1.py that it stands for."""

from __future__ import annotations

from pyinfra import state

from lakestead.gates.gate import require
from lakestead.gates.hosts import all_connected, groups_present
from tasks import capacity, object_storage

require(
    [
        groups_present(state.inventory.groups, ("cluster", "toolbox", "workstation")),
        all_connected(state),
    ]
)
capacity.deploy(phase=1)
object_storage.deploy()
