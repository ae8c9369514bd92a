"""A run's commits taken back by one commit; what somebody did to the files since is not touched."""

from __future__ import annotations

import pytest

from lakestead.gitops.repository import HomelabRepo
from lakestead.journal.revert import plan_revert
from lakestead.journal.steps import Step


def commit(repo: HomelabRepo, files: dict[str, bytes | None]) -> str:
    return repo.publish(repo.fetch(), files, "render")


def verdicts(steps: list[Step]) -> dict[str, str]:
    return {step.change.name: step.verdict for step in steps}


def test_files_are_as_before_the_first_of_several_commits(repo, ada) -> None:
    ada.write("kustomization.yaml", "before\n")
    first = commit(repo, {"kustomization.yaml": b"one\n", "app/ks.yaml": b"ours\n"})
    second = commit(repo, {"kustomization.yaml": b"two\n"})
    ada.pull()
    ada.write("README.md", "somebody else's\n")

    [step] = plan_revert(repo, [first, second], "run-1")
    assert step.do is not None
    step.do()

    ada.pull()
    assert (ada.clone / "kustomization.yaml").read_text() == "before\n"
    assert not (ada.clone / "app").exists()
    assert (ada.clone / "README.md").exists()
    assert ada.log()[0] == "Lakestead: Take back what run run-1 had committed"
    assert "-ours" in step.change.diff
    again = plan_revert(repo, [first, second], "run-1")
    assert verdicts(again) == {"kustomization.yaml": "as before", "app/ks.yaml": "as before"}


def test_first_commit_of_an_empty_repository(repo, ada) -> None:
    made = commit(repo, {"app/ks.yaml": b"ours\n"})

    [step] = plan_revert(repo, [made], "run-1")
    assert step.do is not None
    step.do()

    assert repo.fetch().entries == {}


def test_file_that_was_changed_since_is_named_with_who_did_it(repo, ada) -> None:
    made = commit(repo, {"a": b"ours\n", "b": b"ours\n"})
    ada.pull()
    ada.write("a", "hers\n", "tune it")

    steps = plan_revert(repo, [made], "run-1")

    assert verdicts(steps) == {"a": "changed since", "1 files of branch main": "take back"}
    assert "Ada on" in steps[0].change.why


LIST = "resources:\n  - ./metastore/ks.yaml\n"


@pytest.mark.parametrize(
    ("since", "left"),
    [
        (LIST + "  - ./spark/ks.yaml\n  - ./trino/ks.yaml\n", LIST + "  - ./trino/ks.yaml\n"),
        (
            "# mine\nresources:\n  - ./spark/ks.yaml # ours\n  - ./a.yaml\n",
            "# mine\nresources:\n  - ./a.yaml\n",
        ),
        (LIST + "  - './spark/ks.yaml'\nnamespace: x\n", LIST + "namespace: x\n"),
        ("resources:\n  - ./spark/ks.yaml\nnamespace: x\n", "resources:\nnamespace: x\n"),
    ],
)
def test_an_entry_is_taken_from_a_list_to_which_others_added_since(
    repo, ada, since: str, left: str
) -> None:
    """Objectives add to one list, and any of them may be taken back first."""
    name = "apps/kustomization.yaml"
    ada.write(name, LIST)
    made = commit(repo, {name: f"{LIST}  - ./spark/ks.yaml\n".encode(), "apps/spark/ks.yaml": b"a"})
    ada.pull()
    ada.write(name, since)

    [step] = plan_revert(repo, [made], "run-1")
    assert step.do is not None
    step.do()

    ada.pull()
    assert (ada.clone / name).read_text() == left
    assert not (ada.clone / "apps/spark").exists()


@pytest.mark.parametrize("later", [False, True])
def test_what_others_added_between_two_commits_stays(repo, ada, later: bool) -> None:
    name = "apps/kustomization.yaml"
    ada.write(name, LIST)
    spark, hers, trino = (f"  - ./{app}/ks.yaml\n" for app in ("spark", "hers", "trino"))
    first = commit(repo, {name: (LIST + spark).encode()})
    ada.pull()
    ada.write(name, LIST + spark + hers)
    second = commit(repo, {name: (LIST + spark + hers + trino).encode()})
    ada.pull()
    if later:
        ada.write(name, LIST + spark + hers + trino + "namespace: x\n")

    [step] = plan_revert(repo, [first, second], "run-1")
    assert step.do is not None
    step.do()

    ada.pull()
    assert (ada.clone / name).read_text() == LIST + hers + ("namespace: x\n" if later else "")


def test_a_file_that_others_wrote_between_two_commits_is_named(repo, ada) -> None:
    first = commit(repo, {"a": b"ours\n"})
    ada.pull()
    ada.write("a", "hers\n")
    second = commit(repo, {"a": b"ours again\n"})

    assert verdicts(plan_revert(repo, [first, second], "run-1")) == {"a": "changed since"}


@pytest.mark.parametrize(
    "since", ["resources: [./metastore/ks.yaml, ./spark/ks.yaml, ./trino/ks.yaml]\n", "- no\n"]
)
def test_an_entry_that_cannot_be_taken_out_alone_is_named(repo, ada, since: str) -> None:
    name = "apps/kustomization.yaml"
    ada.write(name, LIST)
    made = commit(repo, {name: f"{LIST}  - ./spark/ks.yaml\n".encode()})
    ada.pull()
    ada.write(name, since)

    assert verdicts(plan_revert(repo, [made], "run-1")) == {name: "changed since"}


def test_commit_that_was_never_pushed_is_nothing(repo, ada) -> None:
    ada.write("README.md", "1")

    assert plan_revert(repo, ["0" * 40], "run-1") == []
