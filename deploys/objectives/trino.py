"""Objective 3.1, Trino coordinator and workers: the part of phase3.py that it stands for."""

from __future__ import annotations

from pyinfra import state

from lakestead.gates.gate import require
from lakestead.gates.hosts import all_connected, groups_present
from tasks import capacity, trino

require([groups_present(state.inventory.groups, ("cluster", "workstation")), all_connected(state)])
trino.healthy()
capacity.deploy(phase=3)
trino.deploy()
