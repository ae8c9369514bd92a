"""Objective 3.3, the whole way: the part of phase3.py that it stands for, and a run that fails."""

from __future__ import annotations

from pyinfra import state

from lakestead.gates.gate import require
from lakestead.gates.hosts import all_connected, groups_present
from tasks import pipeline, trino

require([groups_present(state.inventory.groups, ("cluster", "workstation")), all_connected(state)])
trino.healthy()
pipeline.healthy()
pipeline.deploy()
pipeline.drill()
