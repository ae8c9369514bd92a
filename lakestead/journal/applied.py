"""Whether a plan has been applied from this workstation."""

from __future__ import annotations

from collections.abc import Iterable

from lakestead.journal import places
from lakestead.journal.record import RecordedRun, load


def applied(plan: str, clusters: Iterable[str]) -> RecordedRun | None:
    """The newest run that applied plan ``plan``, whole or in part; None where there is none.

    + plan: its id
    + clusters: uids of the clusters to look at
    """
    for cluster in clusters:
        for path in places.journals(cluster):
            run = load(path)
            if run.begin.get("plan") == plan:
                return run
    return None
