"""A push that meets somebody else's: planned again on what the branch has become."""

from __future__ import annotations

import pytest

from lakestead.errors import LakesteadError
from lakestead.gitops.files import Policy, Wanted, plan
from lakestead.operations.gitops import _publish

WANTED = Wanted({"app/ks.yaml": b"ours\n"})


def publish(repo, snapshot, changes, message="render") -> str:
    return _publish(repo, snapshot, changes, WANTED, Policy(), message)


@pytest.fixture
def planned(repo, ada):
    """What a run has read and planned, before somebody pushes."""
    ada.write("README.md", "homelab")
    snapshot = repo.fetch()
    return snapshot, plan(repo, snapshot, WANTED, Policy())


def test_another_file_was_pushed_meanwhile(repo, ada, planned) -> None:
    ada.write("other", "1", "meanwhile")
    said = publish(repo, *planned)
    assert "got another commit meanwhile" in said
    assert "planned again" in said
    assert ada.log() == ["Lakestead: render", "Ada: meanwhile", "Ada: by hand"]


def test_the_same_file_was_pushed_meanwhile(repo, ada, planned) -> None:
    ada.write("app/ks.yaml", "theirs\n", "meanwhile")
    with pytest.raises(LakesteadError, match="write over what somebody else did"):
        publish(repo, *planned)
    assert ada.log()[0] == "Ada: meanwhile"


def test_another_run_has_done_it_meanwhile(repo, ada, planned) -> None:
    publish(repo, *planned)
    assert "has it all now" in publish(repo, *planned, message="render too")
    assert ada.log() == ["Lakestead: render", "Ada: by hand"]
