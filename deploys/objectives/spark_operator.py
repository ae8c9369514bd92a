"""Objective 2.1, the Spark Operator: the part of phase2.py that it stands for."""

from __future__ import annotations

from pyinfra import state

from lakestead.gates.gate import require
from lakestead.gates.hosts import all_connected, groups_present
from tasks import capacity, spark

require([groups_present(state.inventory.groups, ("cluster", "workstation")), all_connected(state)])
spark.healthy()
capacity.deploy(phase=2)
spark.deploy()
