"""Where a job is in its life, read from its SparkApplication's status.

The states: api/v1beta2 of github.com/kubeflow/spark-operator, ``ApplicationStateType``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Stage = Literal["submitted", "running", "retried", "completed", "failed"]

STAGES: Mapping[str, Stage] = {
    "": "submitted",
    "SUBMITTED": "submitted",
    "SUBMISSION_FAILED": "retried",
    "RUNNING": "running",
    "UNKNOWN": "running",
    "SUCCEEDING": "running",
    "FAILING": "retried",
    "INVALIDATING": "retried",
    "PENDING_RERUN": "retried",
    "SUSPENDING": "running",
    "SUSPENDED": "submitted",
    "RESUMING": "submitted",
    "COMPLETED": "completed",
    "FAILED": "failed",
}
ENDED = ("completed", "failed")


@dataclass(frozen=True, slots=True)
class Seen:
    """One look at a job.

    + stage: ``retried`` where an attempt has failed and another may follow
    + attempt: how often its driver was started
    + message: the operator's
    + driver: name of the driver's pod; empty where there is none yet
    """

    stage: Stage
    attempt: int
    message: str
    driver: str

    def __str__(self) -> str:
        again = f", attempt {self.attempt}" if self.attempt > 1 else ""
        return f"{self.stage}{again}"


def seen(application: Mapping[str, Any]) -> Seen:
    """Where a job is."""
    status = application.get("status") or {}
    state = status.get("applicationState") or {}
    return Seen(
        stage=STAGES.get(state.get("state", ""), "running"),
        attempt=max(
            int(status.get("executionAttempts") or 0), int(status.get("submissionAttempts") or 0), 1
        ),
        message=str(state.get("errorMessage") or ""),
        driver=str((status.get("driverInfo") or {}).get("podName") or ""),
    )
