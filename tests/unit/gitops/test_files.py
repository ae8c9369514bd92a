"""What a commit would write, and what it must not."""

from __future__ import annotations

import pytest

from lakestead.errors import LakesteadError
from lakestead.gitops.files import Policy, Wanted, plan


def planned(repo, wanted: Wanted, policy: Policy | None = None) -> list[tuple[str, str]]:
    changes = plan(repo, repo.fetch(), wanted, policy or Policy())
    return [(change.as_change().action, change.path) for change in changes]


def publish(repo, wanted: Wanted) -> None:
    snapshot = repo.fetch()
    changes = plan(repo, snapshot, wanted, Policy())
    repo.publish(snapshot, {change.path: change.after for change in changes}, "render")


def test_create_update_and_nothing_to_do(repo) -> None:
    first = Wanted({"b": b"1", "a": b"1"})
    assert planned(repo, first) == [("create", "a"), ("create", "b")]
    publish(repo, first)
    assert planned(repo, first) == []
    assert planned(repo, Wanted({"a": b"2", "b": b"1"})) == [("update", "a")]


def test_the_diff_is_shown(repo) -> None:
    publish(repo, Wanted({"a.yaml": b"x: 1\ny: 2\n"}))
    (change,) = plan(repo, repo.fetch(), Wanted({"a.yaml": b"x: 1\ny: 3\n"}), Policy())
    assert "-y: 2\n+y: 3" in change.as_change().diff


def test_what_somebody_changed_is_not_written_over(repo, ada) -> None:
    publish(repo, Wanted({"a": b"1\n", "gone": b"1\n", "same": b"1\n"}))
    ada.pull()
    (ada.clone / "gone").unlink()
    ada.write("a", "mine\n", "my own values")
    again = Wanted({"a": b"2\n", "gone": b"1\n", "same": b"2\n"})
    with pytest.raises(LakesteadError) as caught:
        planned(repo, again)
    message = str(caught.value)
    assert "a: last written by Ada on" in message
    assert "my own values" in message
    assert "-mine" in message
    assert "gone: deleted by Ada on" in message
    assert "same" not in message
    assert planned(repo, again, Policy(keep=["a", "g*"])) == [("update", "same")]
    assert planned(repo, again, Policy(overwrite=["a"], keep=["gone"])) == [
        ("update", "a"),
        ("update", "same"),
    ]


def test_an_edit_that_was_undone_is_no_conflict(repo, ada) -> None:
    publish(repo, Wanted({"a.yaml": b"ours\n"}))
    ada.pull()
    ada.write("a.yaml", "mine\n", "try")
    ada.write("a.yaml", "ours\n", "undo")
    assert planned(repo, Wanted({"a.yaml": b"new\n"})) == [("update", "a.yaml")]


def test_what_somebody_made_is_not_written_over(repo, ada) -> None:
    ada.write("a", "theirs\n")
    with pytest.raises(LakesteadError, match="last written by Ada"):
        planned(repo, Wanted({"a": b"ours\n"}))
    assert planned(repo, Wanted({"a": b"theirs\n"})) == []


def test_keeping_what_is_there(repo, ada) -> None:
    ada.write("README.md", "mine")
    ada.write("old", "1")
    ada.write("apps/kustomization.yaml", "resources: []\n")
    (ada.clone / "old").unlink()
    ada.push("no need")
    seeds = {"README.md": b"r", "old": b"1", "new": b"1", "apps/namespace.yaml": b"n"}
    assert planned(repo, Wanted(seeds, existing="keep")) == [("create", "new")]


def test_pruning_takes_only_what_lakestead_wrote(repo, ada) -> None:
    publish(repo, Wanted({"charts/x/a": b"1", "charts/x/b": b"1", "charts/xy/c": b"1"}))
    ada.pull()
    ada.write("charts/x/theirs", "1")
    wanted = Wanted({"charts/x/a": b"1"}, prune=["charts/x"])
    assert planned(repo, wanted) == [("delete", "charts/x/b")]


def test_a_resource_is_added_to_a_file_of_somebody_else(repo, ada) -> None:
    path = "apps/kustomization.yaml"
    ada.write(path, "# mine\nresources:\n  - ./a/ks.yaml # first\n")
    wanted = Wanted(resources={path: ["./b/ks.yaml"]})
    (change,) = plan(repo, repo.fetch(), wanted, Policy())
    assert change.after == b"# mine\nresources:\n  - ./a/ks.yaml # first\n  - ./b/ks.yaml\n"


@pytest.mark.parametrize("path", ["link", "link/below", "folder"])
def test_no_file_goes_where_something_else_is(repo, ada, path) -> None:
    ada.write("folder/file", "1")
    (ada.clone / "link").symlink_to("folder")
    ada.push("link")
    with pytest.raises(LakesteadError, match=f"cannot write {path}"):
        planned(repo, Wanted({path: b"1"}))


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a/../b", "./a", ".git/config", "a//b"])
def test_paths_outside_are_a_programming_error(repo, path) -> None:
    with pytest.raises(ValueError, match="not a path inside a repository"):
        planned(repo, Wanted({path: b"1"}))
