"""What a run has written, for its report: actions from its journal, files with the commits they are in."""

from __future__ import annotations

from shlex import quote

from lakestead.gitops.repository import HomelabRepo
from lakestead.journal import places
from lakestead.journal.record import load
from lakestead.plan.document import Plan
from lakestead.report.objective import Checked


def actions(run_id: str) -> list[str]:
    """What a run wrote, in order, each with how it ended; none where it wrote nothing."""
    paths = [path for path in places.state_dir().glob(f"*/{run_id}.*")]
    found = []
    for write in load(paths[0]).writes if paths else []:
        words = write.what.replace("known after apply ", "write ", 1)
        line = f"{words[:1].upper()}{words[1:]}"
        if "commit" in write.facts:
            line += f" ({str(write.facts['commit'])[:8]})"
        if write.state != "done":
            line += f": {write.state}" + (f", {write.error}" if write.error else "")
        found.append(line)
    return found


def checked(repo: HomelabRepo, made: Plan) -> list[Checked]:
    """The files that a plan wrote to the homelab repo, each with its last commit on the branch now."""
    found: dict[str, Checked] = {}
    snapshot = repo.fetch() if any(change.kind == "file" for change in made.changes) else None
    for item in made.operations:
        for change in item.changes:
            if change.kind != "file" or not change.pending or snapshot is None:
                continue
            head = str(snapshot.commit)
            command = ("log", "-1", "--format=%h %s", head, "--", change.name)
            shown = f"git log -1 --format='%h %s' origin/{repo.branch} -- {quote(change.name)}"
            printed = repo.text("--literal-pathspecs", *command)
            there = change.name in snapshot.entries
            right = there is (change.action != "delete") and bool(printed)
            done = {"create": "created", "update": "modified", "delete": "deleted"}
            what = f"{done.get(change.action, 'written')}: {item.operation}"
            found[change.name] = Checked(
                change.name,
                what,
                "pass" if right else "fail",
                shown,
                printed if right else f"{printed} (it is {'there' if there else 'not there'})",
            )
    return list(found.values())
