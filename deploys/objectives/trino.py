"""Objective 3.1, Trino coordinator and workers: the part of phase3.py that it stands for."""

from __future__ import annotations

from pyinfra import host, state

from lakestead.gates.gate import require
from lakestead.gates.hosts import all_connected, groups_present
from lakestead.gates.phases import phase1_gates
from lakestead.kube.session import api
from lakestead.settings import Settings
from tasks import capacity, trino

require([groups_present(state.inventory.groups, ("cluster", "workstation")), all_connected(state)])
if "cluster" in host.groups:
    require(phase1_gates(api(host), Settings.of(host)))
capacity.deploy(phase=3)
trino.deploy()
