"""Take back what one run has changed, from the last write to the first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from pyinfra import host, inventory

from lakestead.errors import Refused
from lakestead.flux.kinds import flux_ref
from lakestead.flux.pruned import follow_revert
from lakestead.gitops.repository import HomelabRepo
from lakestead.gitops.session import homelab
from lakestead.journal import places, session
from lakestead.journal.database import Query
from lakestead.journal.file import append_to_dead, ended
from lakestead.journal.find import find
from lakestead.journal.inverse import Means, plan
from lakestead.journal.record import RecordedRun
from lakestead.journal.request import current
from lakestead.journal.undo import NOTHING
from lakestead.kube.identity import cluster_uid
from lakestead.kube.session import api
from lakestead.operations.command import ApiCommand, Command, operation
from lakestead.operations.show import progress, say_once, show
from lakestead.plan.change import Change
from lakestead.postgresql.psql import query
from lakestead.rgw.client import AdminOps
from lakestead.s3.client import S3
from lakestead.s3.session import admin_ops, user_s3
from lakestead.settings import Settings

if TYPE_CHECKING:
    from pyinfra.api.host import Host


@operation
def take_back(run_id: str = "", skip_changed: bool = False) -> Iterator[Command]:
    """Put back what a run had changed, by its journal.

    What somebody changed since is not touched: the rollback is refused and names it. What cannot be
    taken back, as data, stays and is shown with the reason.

    + run_id: the run's name; by default the cluster's newest that was not taken back
    + skip_changed: take the rest back where something was changed since

    **Example:**

    .. code:: python

        rollback.take_back(name="Take it back", run_id="20261121-145003-1274f")
    """
    cluster = api(host)
    run = find(cluster_uid(cluster), run_id)
    current.run_id = run.run_id
    about = f"{run.begin.get('deploy') or 'a deploy'}, by {run.begin.get('who')}"
    say_once(host, f"Run {run.run_id} of {about}: {run.fate}")
    session.takes_back(run.run_id)
    steps = plan(run, _means(host))
    changed = [step.change for step in steps if step.verdict == "changed since"]
    if changed and not skip_changed:
        raise Refused(
            f"Run {run.run_id} is not taken back: some of it was changed since",
            found="\n".join(f"{change.kind} {change.name}: {change.why}" for change in changed),
            expected="everything as the run left it",
            do="see to these yourself and take the rest back: --skip-changed",
        )
    show(host, [step.change for step in steps])
    doing = [step for step in steps if step.do is not None]
    if not doing:
        host.noop("nothing is left to be taken back")
        return
    for step in doing:
        if step.do is not None:
            yield ApiCommand(str(step.change), step.do, change=step.change, undo=step.undo)
    yield ApiCommand(
        "note it in the journal", partial(_note, run, session.run_of(cluster).run_id), undo=NOTHING
    )


def reverts_commits() -> bool:
    """Whether the run that is taken back has committed to the homelab repo."""
    run = find(cluster_uid(api(host)), current.run_id)
    return any(write.undo.kind == "git" and "commit" in write.facts for write in run.writes)


@operation
def flux_follows() -> Iterator[Command]:
    """Wait until Flux has applied what the revert of a run's commits has left, and pruned the rest."""
    settings = Settings.of(host).flux
    cluster = api(host)
    root = flux_ref("Kustomization", settings.kustomization, settings.namespace)
    if cluster.get(root) is None:
        show(host, [Change("Kustomization", root.full_name, "unchanged", why="there is none")])
        host.noop("there is no Flux that would follow")
        return
    show(host, [Change("Kustomization", root.full_name, "wait", why="Flux follows the revert")])
    say, repo = progress(host), homelab(host)
    yield ApiCommand(
        "wait until Flux has followed",
        lambda: follow_revert(cluster, repo, settings, say),
        undo=NOTHING,
    )


def _note(run: RecordedRun, by: str) -> str:
    append_to_dead(run.path, {"type": "rolled back", "at": datetime.now(UTC).isoformat(), "by": by})
    if run.path.suffix == places.OPEN:
        ended(run.path)
    return f"run {run.run_id} is taken back"


def _means(host: Host) -> Means:
    def repo(url: str, branch: str) -> HomelabRepo | None:
        found = homelab(host)
        return found if (found.url, found.branch) == (url, branch) else None

    def storage(endpoint: str) -> tuple[AdminOps | None, S3 | None]:
        settings = Settings.of(host).object_storage
        if settings.endpoint != endpoint:
            return None, None
        user = user_s3(api(host), settings)
        return admin_ops(api(host), settings), user[0] if user else None

    def postgresql(name: str) -> Query | None:
        other = inventory.get_host(name, None)
        return partial(query, other) if other is not None else None

    return Means(api(host), repo, storage, postgresql)
