"""goals.json in a real Git repository: nothing of anybody's is lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lakestead.errors import WrongUsage
from lakestead.gitops.repository import HomelabRepo
from lakestead.objectives.catalogue import Catalogue
from lakestead.objectives.goals import PATH
from lakestead.objectives.progress import changed
from lakestead.objectives.tracking import GitTracking, read_goals, update_goals
from tests.unit.gitops.conftest import Person, ada, remote, repo  # noqa: F401

DONE = {"status": "completed", "completion_timestamp": "2025-01-11T10:30:00Z"}


@pytest.fixture
def tracking(repo: HomelabRepo, catalogue: Catalogue) -> GitTracking:  # noqa: F811
    return GitTracking(repo, catalogue)


def complete(tracking: GitTracking, objective: str) -> str:
    return update_goals(
        tracking,
        tracking.catalogue,
        lambda text: changed(text, tracking.catalogue, objective, DONE),
        f"Complete {objective}",
    )


def test_reading_writes_nothing(tracking: GitTracking, remote: Path) -> None:  # noqa: F811
    goals = read_goals(tracking, tracking.catalogue)

    assert [goal.id for goal in goals.goals()][:2] == ["1.1", "1.2"]
    assert len(list(goals.goals())) == 14
    assert not list((remote / "refs/heads").iterdir())


def test_another_writers_update_is_not_lost(
    tracking: GitTracking,
    ada: Person,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    complete(tracking, "1.1")
    ada.pull()
    publish, raced = tracking.repo.publish, []

    def publish_late(*args: object, **kwargs: object) -> str:
        if not raced:
            raced.append(True)
            text = (ada.clone / PATH).read_text()
            mine = text.replace('"name": "Foundation"', '"name": "Foundation", "owner":   "Ada"')
            ada.write(PATH, mine, "mine")
        return publish(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(tracking.repo, "publish", publish_late)
    complete(tracking, "1.2")

    text = tracking.read()
    assert text is not None
    assert '"owner":   "Ada"' in text
    goals = read_goals(tracking, tracking.catalogue)
    assert [goal.id for goal in goals.goals() if goal.status == "completed"] == ["1.1", "1.2"]
    assert ada.log() == ["Lakestead: Complete 1.2", "Ada: mine", "Lakestead: Complete 1.1"]


def test_a_damaged_one_is_refused_and_the_last_good_one_named(
    tracking: GitTracking,
    ada: Person,  # noqa: F811
) -> None:
    good = complete(tracking, "1.1")
    ada.pull()
    text = (ada.clone / PATH).read_text()
    ada.write(PATH, text.replace('"status": "completed",', '"status": completed,', 1))
    ada.write(PATH, text + "x")

    with pytest.raises(WrongUsage) as damaged:
        complete(tracking, "1.2")

    assert f"line {text.count(chr(10)) + 1}" in damaged.value.where
    assert f"git checkout {good[:12]} -- {PATH}" in damaged.value.do
    assert ada.log()[0] == "Ada: by hand"


def test_what_is_as_it_should_be_is_not_committed(tracking: GitTracking, ada: Person) -> None:  # noqa: F811
    complete(tracking, "1.1")
    complete(tracking, "1.1")

    assert len(ada.log()) == 1
    ada.pull()
    document = json.loads((ada.clone / PATH).read_text())
    assert document["current_status"] == {
        "active_phase": "phase_1",
        "next_pending_objective": "1.2",
        "completion_percentage": 7,
    }
