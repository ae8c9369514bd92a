"""Objective 1.3, Iceberg catalog validation: the part of phase1.py that it stands for."""

from __future__ import annotations

from pyinfra import state

from lakestead.gates.gate import require
from lakestead.gates.hosts import all_connected, groups_present
from tasks import iceberg

require([groups_present(state.inventory.groups, ("cluster", "workstation")), all_connected(state)])
iceberg.deploy()
