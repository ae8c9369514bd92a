"""Take back what runs have changed, through the journal's rollback, and say what is left where that fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lakestead.errors import LakesteadError
from lakestead.journal.find import of_objective
from lakestead.journal.record import RecordedRun
from lakestead.journal.request import DEPLOY, current
from lakestead.kube.client import Api
from lakestead.kube.identity import cluster_uid
from lakestead.plan.document import Target
from lakestead.run import commands
from lakestead.run.commands import Output, ReportedRun

LOCK_WAIT = 60.0


@dataclass(frozen=True, slots=True)
class TakenBack:
    """How it went.

    + runs: those that were taken back
    + left: what is still there of the others; empty where nothing is
    + error: why it could not be taken back
    """

    runs: Sequence[str]
    left: Sequence[str] = ()
    error: str = ""

    def __str__(self) -> str:
        if self.error:
            return "failed"
        return (
            f"done: run {', '.join(self.runs)} is taken back"
            if self.runs
            else "nothing was written"
        )


def runs_of(api: Api, objectives: Sequence[str]) -> list[RecordedRun]:
    """The runs of objectives that were not taken back, the newest first."""
    uid = cluster_uid(api)
    found = [run for objective in objectives for run in of_objective(uid, objective)]
    return sorted(found, key=lambda run: run.run_id, reverse=True)


def unfinished_runs(api: Api, objective: str) -> list[RecordedRun]:
    """Those of an objective's newest runs that did not end well, up to the last one that did."""
    found = []
    for run in runs_of(api, [objective]):
        if run.result == "done" or run.finished_by:
            break
        found.append(run)
    return found


def take_back(
    target: Target, runs: Sequence[RecordedRun], output: Output, *, yes: bool = True
) -> None:
    """Take runs back, the newest first; each is shown as a plan before.

    Raises LakesteadError where one cannot be taken back; those before it are.
    """
    for run in runs:
        current.run_id, current.skip_changed = run.run_id, False
        commands.apply_deploy(_target(target), output, yes=yes, lock_wait=LOCK_WAIT)


def show(target: Target, runs: Sequence[RecordedRun], output: Output) -> int:
    """Show what taking back would do; the exit code of the last."""
    code = 0
    for run in runs:
        current.run_id, current.skip_changed = run.run_id, False
        code = max(code, commands.plan(_target(target), output, ""))
    return code


def take_back_failed(target: Target, api: Api, objective: str, output: Output) -> TakenBack:
    """After a failure: take back what the objective's unfinished runs have changed; never raises."""
    try:
        runs = unfinished_runs(api, objective)
    except LakesteadError as error:
        return TakenBack((), ("what the run has changed: lakestead journal lists it",), str(error))
    done: list[str] = []
    for run in runs:
        try:
            take_back(target, [run], output)
        except LakesteadError as error:
            return TakenBack(done, left(target, run), str(error))
        done.append(run.run_id)
    return TakenBack(done)


def left(target: Target, run: RecordedRun) -> list[str]:
    """What a run has changed and is still so: by looking, or by its journal where nobody can look."""
    current.run_id, current.skip_changed = run.run_id, True
    try:
        with ReportedRun("plan", _target(target), Output()) as looking, looking.deploy():
            changes = looking.plan().changes
        return [
            str(change) for change in changes if change.pending or change.why.startswith("stays")
        ]
    except LakesteadError as error:
        reason = error.what.splitlines()[0]
        return [
            f"{write.what} ({write.state}; not looked at: {reason})"
            for write in run.writes
            if write.undo.kind != "none"
        ]


def _target(target: Target) -> Target:
    return target.model_copy(update={"deploy": str(DEPLOY)})
