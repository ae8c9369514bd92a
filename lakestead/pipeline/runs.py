"""Runs of the DAG that take a delivery's files."""

from __future__ import annotations

import re

from lakestead.airflow.client import Client, Run
from lakestead.airflow.dags import DAG
from lakestead.airflow.dags import required as airflow
from lakestead.errors import LakesteadError
from lakestead.pipeline.data import Delivery, fingerprint, folder
from lakestead.settings import Settings
from lakestead.spark.application import required


def name(settings: Settings, delivery: Delivery, *, broken: bool = False) -> str:
    """How the ids of a delivery's runs begin; a number follows.

    + broken: of runs that are to fail
    """
    way = f"day-{delivery.day}-{delivery.table.name}" + ("-broken" if broken else "")
    return f"lakestead-pipeline-{fingerprint(settings)}-{way}"


def parameters(settings: Settings, delivery: Delivery) -> dict[str, str]:
    """What the DAG is triggered with."""
    table = delivery.table
    return {
        "folder": folder(settings, delivery),
        "table": f"{required(settings).sample}.{table.name}",
        "columns": table.columns,
        "partition": table.partition,
    }


def begin(client: Client, settings: Settings, delivery: Delivery, *, broken: bool = False) -> Run:
    """The delivery's run that is under way, or a new one.

    Raises LakesteadError where there is no DAG, or where it is paused: no run of it would end.
    """
    dag = client.dag(DAG)
    if dag is None:
        raise LakesteadError(
            f"Airflow has no DAG {DAG}",
            where=airflow(settings).url,
            do="run phase 2, which brings it",
        )
    if dag.get("is_paused"):
        raise LakesteadError(
            f"DAG {DAG} is paused: its runs would stay queued",
            where=airflow(settings).url,
            found="is_paused; no run was triggered",
            do="unpause it in Airflow, and run again",
        )
    wanted = name(settings, delivery, broken=broken)
    mine = [run for run in client.runs(DAG) if re.fullmatch(rf"{re.escape(wanted)}-\d+", run.id)]
    going = next((run for run in mine if not run.ended), None)
    if going is not None:
        return going
    number = len(mine) + 1
    while client.run(DAG, f"{wanted}-{number}") is not None:
        number += 1
    return client.trigger(DAG, f"{wanted}-{number}", parameters(settings, delivery))
