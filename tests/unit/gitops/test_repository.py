"""Commits by plumbing, against a real bare repository."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from lakestead.errors import LakesteadError
from lakestead.gitops.failures import BranchMoved
from lakestead.gitops.history import last_touches
from lakestead.gitops.repository import HomelabRepo, Snapshot, blob_id


def refuse(remote: Path, hook: str, says: str) -> None:
    script = remote / "hooks" / hook
    script.write_text(f"#!/bin/sh\necho '{says}' >&2\nexit 1\n")
    script.chmod(0o755)


def test_the_first_commit_of_an_empty_repository(repo, ada) -> None:
    empty = repo.fetch()
    assert empty == Snapshot(None, {})
    commit = repo.publish(empty, {"kubernetes/a.yaml": b"a: 1\n"}, "Start\n\nwhy\n")
    assert ada.log() == ["Lakestead: Start"]
    ada.pull()
    assert (ada.clone / "kubernetes/a.yaml").read_text() == "a: 1\n"
    assert repo.fetch().commit == commit


def test_only_the_given_files_change(repo, ada) -> None:
    ada.write("run.sh", "#!/bin/sh\n")
    (ada.clone / "run.sh").chmod(0o755)
    (ada.clone / "link").symlink_to("run.sh")
    (ada.clone / "ümlaut.txt").write_text("ä")
    ada.push("more")
    before = repo.fetch()
    repo.publish(before, {"new": b"1", "run.sh": b"#!/bin/bash\n", "ümlaut.txt": None}, "m")
    after = repo.fetch()
    assert after.entries["link"] == before.entries["link"]
    assert after.entries["run.sh"].mode == "100755"
    assert repo.read(after.entries["run.sh"]) == b"#!/bin/bash\n"
    assert set(after.entries) == {"link", "new", "run.sh"}


def test_a_branch_that_moved_is_noticed_and_left_alone(repo, ada) -> None:
    ada.write("a", "1")
    old = repo.fetch()
    ada.write("b", "2", "meanwhile")
    with pytest.raises(BranchMoved, match="another commit meanwhile"):
        repo.publish(old, {"c": b"3"}, "m")
    assert ada.log()[0] == "Ada: meanwhile"


def test_two_first_commits_meet(repo, ada) -> None:
    old = repo.fetch()
    ada.write("b", "2", "meanwhile")
    with pytest.raises(BranchMoved):
        repo.publish(old, {"c": b"3"}, "m")


def test_a_hook_that_refuses_is_quoted(repo, remote, ada) -> None:
    ada.write("a", "1")
    refuse(remote, "pre-receive", "freeze until Monday")
    with pytest.raises(LakesteadError) as caught:
        repo.publish(repo.fetch(), {"c": b"3"}, "m")
    assert "refused the push to branch main" in str(caught.value)
    assert "pre-receive hook declined" in str(caught.value)
    assert "freeze until Monday" in str(caught.value)
    assert ada.log() == ["Ada: by hand"]


def test_another_branch_is_not_made_in_silence(tmp_path, remote, ada) -> None:
    ada.write("a", "1")
    repo = HomelabRepo(str(remote), "master", tmp_path / "cache", None)
    with pytest.raises(LakesteadError, match="no branch 'master'"):
        repo.fetch()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("/nowhere/homelab.git", "no such repository"),
        ("http://127.0.0.1:9/homelab.git", "does not answer"),
    ],
)
def test_a_server_that_cannot_be_read(tmp_path, url, message) -> None:
    with pytest.raises(LakesteadError, match=message) as caught:
        HomelabRepo(url, "main", tmp_path / "cache", None).fetch()
    assert f"where:    {url}" in str(caught.value)


@pytest.mark.parametrize(
    "damage", ["HEAD.lock", "refs/remotes/origin/main.lock", "complete", "objects"]
)
def test_a_cache_left_by_a_killed_git_is_made_anew(repo, ada, damage) -> None:
    ada.write("a", "1")
    repo.fetch()
    path = repo.folder / damage
    if damage == "complete":
        path.unlink()
    elif damage == "objects":
        for item in [*path.rglob("*")]:
            if item.is_file():
                item.unlink()
    else:
        path.touch()
    assert set(repo.fetch().entries) == {"a"}


def test_blob_ids_are_gits(repo, ada) -> None:
    ada.write("a", "one\ntwo\n")
    assert repo.fetch().entries["a"].oid == blob_id(b"one\ntwo\n")


def test_who_touched_a_file_last(repo, ada) -> None:
    ada.write("theirs", "1", "made by hand")
    repo.publish(repo.fetch(), {"ours": b"1", "edited": b"1", "deleted": b"1"}, "render")
    ada.pull()
    (ada.clone / "deleted").unlink()
    ada.write("edited", "2", "edit and delete")
    touches = last_touches(repo, repo.fetch(), ["theirs", "ours", "edited", "deleted", "never"])
    assert {path: touch.subject for path, touch in touches.items()} == {
        "theirs": "made by hand",
        "ours": "render",
        "edited": "edit and delete",
        "deleted": "edit and delete",
    }
    assert touches["ours"].ours
    assert not touches["deleted"].ours


def test_a_killed_run_leaves_nothing_and_frees_the_lock(repo, remote, ada) -> None:
    """Killed in the push, before the server has taken it; the next run does it."""
    ada.write("a", "1")
    marker = remote.parent / "pushing"
    hook = remote / "hooks/pre-receive"
    hook.write_text(f"#!/bin/sh\ntouch {marker}\nsleep 1\nexit 1\n")
    hook.chmod(0o755)
    script = f"""
        from pathlib import Path
        from lakestead.gitops.repository import HomelabRepo
        repo = HomelabRepo({str(remote)!r}, "main", Path({str(repo.folder.parent)!r}), None)
        repo.publish(repo.fetch(), {{"b": b"2"}}, "m")
    """
    run = subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)])
    while not marker.exists():
        assert run.poll() is None
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    hook.unlink()
    # The killed run's git still holds the lock: this waits for it.
    repo.publish(repo.fetch(), {"b": b"2"}, "again")
    assert ada.log() == ["Lakestead: again", "Ada: by hand"]
