"""Write files of the homelab repo: one commit, pushed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from pyinfra import host, state

from lakestead.errors import LakesteadError
from lakestead.flux.preview import preview
from lakestead.flux.preview_objects import unknown
from lakestead.gitops.failures import BranchMoved
from lakestead.gitops.files import FileChange, Policy, Wanted, file_changes, plan
from lakestead.gitops.list_items import ListItems
from lakestead.gitops.repository import HomelabRepo, Snapshot
from lakestead.gitops.session import homelab
from lakestead.journal import session
from lakestead.journal.undo import Undo
from lakestead.kube.session import api
from lakestead.operations.command import ApiCommand, Command, operation
from lakestead.operations.homelab_commits import PlannedCommits, planned_commit
from lakestead.operations.show import show
from lakestead.plan.change import Change
from lakestead.settings import Settings
from lakestead.settings.flux import Flux

ATTEMPTS = 5


@operation
def files(
    files: Mapping[str, bytes | str],
    message: str,
    resources: Mapping[str, Sequence[str]] | None = None,
    prune: Sequence[str] = (),
    existing: Literal["update", "keep"] = "update",
    items: Mapping[str, Sequence[ListItems]] | None = None,
) -> Iterator[Command]:
    """Make files of the homelab repo what they should be, by one commit on its branch.

    Nothing else in the repository is touched. A file that somebody else changed, made or deleted since
    Lakestead wrote it is not written over: the run stops and says which, by whom, and how to decide.
    What Flux will make of the commit is part of the plan: objects, by dry run as Flux's controllers.

    + files: path in the repository → content
    + message: the commit's message: what for, an empty line, why
    + resources: path of a ``kustomization.yaml`` → entries to be among its ``resources``, everything else
      in it left as it is
    + prune: folders in which files that Lakestead wrote and that are not in ``files`` are deleted
    + existing: ``keep`` only adds files that are missing, and none beside a ``kustomization.yaml`` that
      is there already
    + items: path of a YAML file that is somebody else's → items to be in its lists, everything else in it
      left as it is

    **Example:**

    .. code:: python

        gitops.files(
            name="Add the metastore to the homelab repo",
            files={"kubernetes/apps/data-platform/hive-metastore/ks.yaml": text},
            resources={"kubernetes/apps/data-platform/kustomization.yaml": ["./hive-metastore/ks.yaml"]},
            message="Deploy the Hive Metastore (objective 1.2)\\n\\nIceberg's catalog keeps its tables there.",
        )
    """
    repo = homelab(host)
    settings = Settings.of(host)
    policy = Policy(settings.gitops.keep, settings.gitops.overwrite)
    wanted = _wanted(files, resources, prune, existing, items)
    commits = PlannedCommits.of(host)
    if state.is_executing:
        planned = planned_commit(repo, repo.fetch(), wanted, policy, message)
    else:
        planned = commits.plan(repo, wanted, policy, message)
    snapshot, changes = planned.base, planned.changes
    shown = file_changes(repo, snapshot, wanted, changes)
    if planned.staged is None:
        show(host, shown)
        host.noop(f"branch {repo.branch} of the homelab repo has it all")
        return
    shown += commits.preview(
        repo, planned.staged, lambda: _preview(repo, snapshot, planned.writes, settings.flux)
    )
    show(host, shown)
    label = f"commit {len(changes)} files to branch {repo.branch} of {repo.url}"
    yield ApiCommand(
        label,
        lambda: _publish(repo, snapshot, changes, wanted, policy, message),
        change=Change("Commit", f"{len(changes)} files of branch {repo.branch}", "create"),
        undo=Undo("git", {"url": repo.url, "branch": repo.branch}),
    )


def expect(
    files: Mapping[str, bytes | str],
    message: str,
    resources: Mapping[str, Sequence[str]] | None = None,
    prune: Sequence[str] = (),
    existing: Literal["update", "keep"] = "update",
    items: Mapping[str, Sequence[ListItems]] | None = None,
) -> None:
    """Plan what ``gitops.files`` with the same arguments will do; call it for every host before that.

    Hosts are prepared side by side, and the cluster must know what the workstation will push, to say
    what it will wait for. Plans nothing where no workstation takes part in the run.
    """
    pushed = not state.active_hosts.isdisjoint(state.inventory.groups.get("workstation", ()))
    if not (state.check_for_changes and pushed and {"workstation", "cluster"} & set(host.groups)):
        return
    settings = Settings.of(host).gitops
    policy = Policy(settings.keep, settings.overwrite)
    wanted = _wanted(files, resources, prune, existing, items)
    PlannedCommits.of(host).plan(homelab(host), wanted, policy, message)


def _wanted(
    files: Mapping[str, bytes | str],
    resources: Mapping[str, Sequence[str]] | None,
    prune: Sequence[str],
    existing: Literal["update", "keep"],
    items: Mapping[str, Sequence[ListItems]] | None,
) -> Wanted:
    content = {
        path: text.encode() if isinstance(text, str) else text for path, text in files.items()
    }
    return Wanted(content, resources or {}, prune, existing, items or {})


def _preview(
    repo: HomelabRepo, snapshot: Snapshot, writes: Mapping[str, bytes | None], flux: Flux
) -> list[Change]:
    """What Flux will make of the commit, or why that is not known."""
    try:
        cluster = api(host)
    except LakesteadError as error:
        return [unknown("Kustomization", f"{flux.namespace}/{flux.kustomization}", error.what)]
    return preview(cluster, repo, snapshot, writes, flux)


def _announce(commit: str) -> None:
    session.note(commit=commit)


def _publish(
    repo: HomelabRepo,
    snapshot: Snapshot,
    changes: list[FileChange],
    wanted: Wanted,
    policy: Policy,
    message: str,
) -> str:
    """Commit and push; where the branch moved meanwhile, plan again on what it is now."""
    said = []
    for attempt in range(1, ATTEMPTS + 1):
        writes = {change.path: change.after for change in changes}
        try:
            commit = repo.publish(snapshot, writes, message, announce=_announce)
        except BranchMoved as moved:
            if attempt == ATTEMPTS:
                raise
            snapshot = repo.fetch()
            said.append(f"{moved.what} ({(snapshot.commit or 'nothing')[:8]}): planned again")
            changes = plan(repo, snapshot, wanted, policy)
            if not changes:
                return "\n".join([*said, "the homelab repo has it all now"])
        else:
            said.append(f"pushed {commit[:8]} to branch {repo.branch}: {len(writes)} files")
            break
    return "\n".join(said)
