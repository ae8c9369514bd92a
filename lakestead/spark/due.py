"""Which of the sample jobs are to be run, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lakestead.kube.client import Api
from lakestead.plan.change import Action, Change
from lakestead.settings import Settings
from lakestead.spark.application import application, reference
from lakestead.spark.follow import require_ours, same
from lakestead.spark.sample import jobs
from lakestead.spark.seen import seen
from lakestead.spark.table import Looked


def due(cluster: Api, settings: Settings, looked: Looked, raw: bool) -> dict[str, Change]:
    """The jobs that are to be run; raises LakesteadError where one is somebody else's."""
    runs = {}
    for job in jobs(settings):
        ref = reference(settings, job.name)
        found = cluster.get(ref)
        if found is None:
            reason = "it has not been run"
        else:
            require_ours(ref, found)
            reason = _again(found, application(settings, job), looked, raw)
        if reason:
            # One that is there is deleted, and made anew.
            action: Action = "create" if found is None else "update"
            runs[job.name] = Change("Spark job", ref.full_name, action, why=reason)
    return runs


def _again(found: Mapping[str, Any], wanted: Mapping[str, Any], looked: Looked, raw: bool) -> str:
    """Why a job that is there is run again; "" where it is not."""
    if not same(found, wanted):
        return "it is another one now"
    if seen(found).stage != "completed":
        return f"it is {seen(found)}"
    return "its raw files are put there anew" if raw else why(looked)


def why(looked: Looked) -> str:
    """Why the table is not right; "" where it is."""
    if looked.rows is None:
        return "the table is not there"
    return f"{looked.wrong} of its rows are not as they should be" if looked.wrong else ""
