"""Objective 1.4, metadata backup and recovery: the scheduled dumps, and a drill."""

from __future__ import annotations

from pyinfra import state

from lakestead.gates.gate import require
from lakestead.gates.hosts import all_connected, groups_present
from tasks import backup

require(
    [
        groups_present(state.inventory.groups, ("cluster", "database", "workstation")),
        all_connected(state),
    ]
)
backup.deploy()
backup.drill()
