"""Runs by their names, and the newest that can be taken back."""

from __future__ import annotations

from lakestead.errors import Refused, WrongUsage
from lakestead.journal import places
from lakestead.journal.alive import is_locked
from lakestead.journal.record import RecordedRun, load


def find(cluster: str, run_id: str) -> RecordedRun:
    """The run to take back.

    + cluster: uid of its namespace ``kube-system``
    + run_id: its name or how it begins; empty for the newest that was not taken back

    Raises LakesteadError where there is none, Refused where it still works or is of another cluster.
    """
    paths = [path for path in places.journals(cluster) if path.stem.startswith(run_id)]
    if len(paths) > 1 and run_id:
        names = ", ".join(path.stem for path in paths[:5])
        raise WrongUsage(f"Several runs begin with {run_id}", found=names)
    for path in paths:
        run = load(path)
        if is_locked(path):
            raise Refused(
                f"Run {run.run_id} is still at work",
                found=f"{run.begin.get('who')}, pid {run.begin.get('pid')}",
                do="wait until it has ended",
            )
        if run_id or not (run.rolled_back_by or run.begin.get("takes_back")):
            return run
    elsewhere = [
        path.parent.name
        for path in places.state_dir().glob(f"*/{run_id}*")
        if run_id and path.suffix in (places.OPEN, places.ENDED)
    ]
    if elsewhere:
        raise Refused(
            f"Run {run_id} was in another cluster",
            found=f"cluster {elsewhere[0]}",
            expected=f"cluster {cluster}, which the inventory names",
            do="name the inventory that the run had: lakestead journal",
        )
    raise WrongUsage(
        f"There is no run {run_id}" if run_id else "There is no run to take back",
        where=str(places.cluster_dir(cluster)),
        do="list the runs: lakestead journal",
    )


def of_objective(cluster: str, objective: str) -> list[RecordedRun]:
    """The runs of this workstation that executed an objective and were not taken back, the newest first."""
    return [
        run
        for run in map(load, places.journals(cluster))
        if run.begin.get("objective") == objective and run.writes and not run.rolled_back_by
    ]
