"""Phase 3, analytics: SQL answers from the lakehouse's tables."""

from __future__ import annotations

from pyinfra import state

from lakestead.gates.gate import require
from lakestead.gates.hosts import all_connected, groups_present
from tasks import capacity, pipeline, tpch, trino

# Nothing is changed unless what it builds on is there, and there is room.
require([groups_present(state.inventory.groups, ("cluster", "workstation")), all_connected(state)])
trino.healthy()
pipeline.healthy()
capacity.deploy(phase=3)

# 3.1 Trino: a coordinator and workers.
trino.deploy()

# 3.2 Tables to measure query times by; `lakestead queries` measures them.
tpch.deploy()

# 3.3 Raw files through Airflow and Spark to answers, which are compared with them; twice.
pipeline.deploy()
