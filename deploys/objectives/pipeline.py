"""Objective 3.3, the whole way: the part of phase3.py that it stands for, and a run that fails."""

from __future__ import annotations

from pyinfra import host, state

from lakestead.gates.gate import require
from lakestead.gates.hosts import all_connected, groups_present
from lakestead.gates.phases import phase1_gates
from lakestead.kube.session import api
from lakestead.settings import Settings
from tasks import pipeline

require([groups_present(state.inventory.groups, ("cluster", "workstation")), all_connected(state)])
if "cluster" in host.groups:
    require(phase1_gates(api(host), Settings.of(host)))
pipeline.healthy()
pipeline.deploy()
pipeline.drill()
