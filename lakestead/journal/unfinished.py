"""Runs that were killed: what they had done is said, and the next whole run has finished them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from lakestead.journal import places
from lakestead.journal.alive import is_locked
from lakestead.journal.file import append_to_dead, ended
from lakestead.journal.record import RecordedRun, load
from lakestead.journal.run import About
from lakestead.kube.client import Api
from lakestead.kube.identity import cluster_uid

# How many writes are named.
SHOWN = 5


def unfinished(api: Api) -> list[RecordedRun]:
    """Runs of this workstation in a cluster whose process is gone and whose journal has no end.

    Asks the cluster nothing where no journal at all is open.
    """
    if not places.any_open():
        return []
    found = []
    for path in _dead(cluster_uid(api)):
        run = load(path)
        if run.result or not run.writes:
            ended(
                path
            )  # killed between its last record and the renaming, or before its first write
        else:
            found.append(run)
    return found


def close(api: Api, by: str, about: About) -> None:
    """Note that run ``by`` has finished what dead runs of the same deploy had begun."""
    if not places.any_open():
        return
    for path in _dead(cluster_uid(api)):
        begin = load(path).begin
        if (begin.get("deploy"), begin.get("inventory")) != (about.deploy, about.inventory):
            continue
        append_to_dead(path, {"type": "finished", "at": datetime.now(UTC).isoformat(), "by": by})
        ended(path)


def describe(run: RecordedRun) -> str:
    """What happened in a run without an end, in a few lines."""
    done = [write.what for write in run.writes if write.state == "done"]
    lines = [
        f"Run {run.run_id} of {run.begin.get('deploy') or 'a deploy'} by {run.begin.get('who')} "
        f"did not end: {len(done)} {'write was' if len(done) == 1 else 'writes were'} done"
        + (f", {len(run.in_flight)} in flight when it was killed" if run.in_flight else "")
    ]
    if len(done) > SHOWN:
        lines.append(f"  done      … {len(done) - SHOWN} more")
    lines += [f"  done      {what}" for what in done[-SHOWN:]]
    lines += [
        f"  in flight {write.what}: done or not, it is looked at like everything else"
        for write in run.in_flight[:SHOWN]
    ]
    if len(run.in_flight) > SHOWN:
        lines.append(f"  in flight … {len(run.in_flight) - SHOWN} more")
    lines.append(
        f"The next run goes on from there; to take it back: lakestead rollback {run.run_id}"
    )
    return "\n".join(lines)


def _dead(cluster: str) -> list[Path]:
    return [
        path
        for path in places.journals(cluster)
        if path.suffix == places.OPEN and not is_locked(path)
    ]
