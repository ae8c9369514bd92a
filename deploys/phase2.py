"""Phase 2, compute: Spark jobs that write Iceberg tables from raw files."""

from __future__ import annotations

from pyinfra import state

from lakestead.gates.gate import require
from lakestead.gates.hosts import all_connected, groups_present
from tasks import airflow, capacity, spark

# Nothing is changed unless the foundation stands and there is room.
PARTS = ("cluster", "workstation")
require([groups_present(state.inventory.groups, PARTS), all_connected(state)])
spark.healthy()
airflow.healthy()
capacity.deploy(phase=2)

# 2.1 The Spark Operator, and a namespace with a quota for its jobs.
spark.deploy()

# 2.2 Raw files into an Iceberg table, changes merged into it, its small files compacted.
spark.sample()

# 2.3 Airflow starts such a job: a DAG, a connection and permissions for the one that the homelab has.
airflow.deploy()
