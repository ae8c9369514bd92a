"""The deploy file of ``lakestead rollback``: one operation, on the host that stands for the cluster."""

from __future__ import annotations

from pyinfra import host, inventory

from lakestead.journal.request import current
from lakestead.operations import rollback


def first() -> str:
    """The host that it runs on: one of group ``cluster``, else any."""
    groups = inventory.groups
    return min((item.name for item in groups.get("cluster") or inventory), default="")


if host.name == first():
    rollback.take_back(
        name="Take back what a run has changed",
        run_id=current.run_id,
        skip_changed=current.skip_changed,
    )
    if rollback.reverts_commits():
        rollback.flux_follows(name="Wait until Flux has followed")
