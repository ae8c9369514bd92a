"""Objective 2.3, Airflow DAG integration: the part of phase2.py that it stands for."""

from __future__ import annotations

from pyinfra import state

from lakestead.gates.gate import require
from lakestead.gates.hosts import all_connected, groups_present
from tasks import airflow, spark

require([groups_present(state.inventory.groups, ("cluster", "workstation")), all_connected(state)])
spark.healthy()
airflow.healthy()
airflow.deploy()
