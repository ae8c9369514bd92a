"""Raw files of a folder in S3 into an Iceberg table, by a Spark job.

Triggered with `folder`, `table`, `columns` and `partition`. A file that the table has already is not taken
again. The run fails where the job fails; the driver's log is the task's log.
"""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

from airflow.providers.cncf.kubernetes.operators.spark_kubernetes import SparkKubernetesOperator
from airflow.sdk import DAG, Param

HERE = Path(__file__).parent
# Written by Lakestead beside this file.
SETTINGS = json.loads((HERE / "lakestead.json").read_text())

with DAG(
    "lakestead_ingest",
    schedule=None,
    catchup=False,
    # Two at once could take the same file.
    max_active_runs=1,
    is_paused_upon_creation=False,
    # The last says which version of these files Airflow has.
    tags=["lakestead", SETTINGS["fingerprint"]],
    params={name: Param(value, type="string") for name, value in SETTINGS["params"].items()},
    template_searchpath=str(HERE),
    default_args={"retries": SETTINGS["retries"], "retry_delay": timedelta(seconds=10)},
    doc_md=__doc__,
):
    SparkKubernetesOperator(
        task_id="ingest",
        name="airflow-ingest",
        kubernetes_conn_id=SETTINGS["connection"],
        namespace=SETTINGS["namespace"],
        application_file="ingest.yaml",
        # The job stays, with its driver's log, as long as its timeToLiveSeconds says.
        delete_on_termination=False,
        get_logs=True,
        log_events_on_failure=True,
        startup_timeout_seconds=SETTINGS["timeout"],
        execution_timeout=timedelta(seconds=SETTINGS["timeout"]),
    )
