"""A failure at every step of an objective: what is there afterwards, and what goals.json says.

The cluster and the homelab repo are real; what fails is one call at their border, or what a deliverable
or gate finds. ``Fail`` is entered for the whole command.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from lakestead.errors import LakesteadError
from lakestead.gitops.repository import HomelabRepo
from lakestead.kube.client import Api
from lakestead.objectives.goals import PATH
from tests.objectives.golden import golden
from tests.objectives.world import LAKESTEAD, World

OVER = ("--override", "for the test")
Patch = pytest.MonkeyPatch


@dataclass(frozen=True)
class Case:
    """+ break_: what is broken
    + code: the exit code
    + status: of the objective; empty where goals.json was never written
    + state: what is left in cluster and repository
    + says: parts of the message
    """

    break_: Callable[[World, Patch], None]
    code: int
    status: str
    state: int = 0
    says: tuple[str, ...] = ()


def write(number: int) -> Callable[[World, Patch], None]:
    """The number-th object is not written: the API server fails."""

    def break_(world: World, patch: Patch) -> None:
        original, count = Api.apply, [0]

        def apply(self: Api, obj: Any, **options: Any) -> Any:
            if not options.get("dry_run"):
                count[0] += 1
                if count[0] == number:
                    raise LakesteadError("The API server is away", do="see to it")
            return original(self, obj, **options)

        patch.setattr(Api, "apply", apply)

    return break_


def push(*subjects: str) -> Callable[[World, Patch], None]:
    """Commits whose message has one of these words are not pushed."""

    def break_(world: World, patch: Patch) -> None:
        original = HomelabRepo.publish

        def publish(
            self: HomelabRepo, snapshot: Any, writes: Any, message: str, **rest: Any
        ) -> Any:
            if any(subject in message for subject in subjects):
                raise LakesteadError("The Git server does not answer", do="start it")
            return original(self, snapshot, writes, message, **rest)

        patch.setattr(HomelabRepo, "publish", publish)

    return break_


def git_dies(world: World, patch: Patch) -> None:
    """The Git server is gone from the run's own push on."""
    original = HomelabRepo.publish

    def publish(self: HomelabRepo, snapshot: Any, writes: Any, message: str, **rest: Any) -> Any:
        if "Open the shop" in message:
            patch.setattr(HomelabRepo, "fetch", away)
            patch.setattr(HomelabRepo, "publish", away)
            away()
        return original(self, snapshot, writes, message, **rest)

    def away(*_: Any, **__: Any) -> Any:
        raise LakesteadError("The Git server does not answer", do="start it")

    patch.setattr(HomelabRepo, "publish", publish)


def deletion(world: World, patch: Patch) -> None:
    """Nothing can be deleted, and the second object cannot be written."""
    write(2)(world, patch)

    def delete(self: Api, ref: Any, **options: Any) -> Any:
        if ref.kind != "Lease":
            raise LakesteadError(f"{ref} cannot be deleted")
        return original(self, ref, **options)

    original = Api.delete
    patch.setattr(Api, "delete", delete)


def replaced(path: str, old: str, new: str) -> Callable[[World, Patch], None]:
    """Another declaration or deploy."""

    def break_(world: World, patch: Patch) -> None:
        file = world.folder / path
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new))

    return break_


def both(*breaks: Callable[[World, Patch], None]) -> Callable[[World, Patch], None]:
    def break_(world: World, patch: Patch) -> None:
        for one in breaks:
            one(world, patch)

    return break_


GATE = '"pass", "the street", "nobody there"'
SAYS_CLOSED = replaced("objectives/shop.toml", '"^open$"', '"^closed$"')
HANGS = both(
    replaced("objectives/shop.toml", "{{ kubectl }}", "sleep 30; {{ kubectl }}"),
    replaced("objectives/shop.toml", 'expect = "^open$"', 'expect = "^open$"\ntimeout = 1'),
)
CASES = {
    "gate fails": Case(
        replaced("deploys/settings.py", GATE, '"fail", "the street", "a crowd"'),
        4, "", says=("The street is quiet? No.", "a crowd"),
    ),
    "gate is unknown": Case(
        replaced("deploys/settings.py", GATE, '"unknown", "the street", "fog"'),
        4, "", says=("The street is quiet? Unknown.",),
    ),
    "the plan fails": Case(
        replaced("deploys/settings.py", '{"door": "open"}', '{"door": ["no text"]}'),
        1, "", says=("data.door",),
    ),
    "the beginning cannot be recorded": Case(push("Begin"), 1, "", says=("does not answer",)),
    "first write": Case(write(1), 1, "blocked", says=("The API server is away", "Rollback: done")),
    "second write": Case(write(2), 1, "blocked", says=("The API server is away", "Rollback: done")),
    "push": Case(push("Open the shop"), 1, "blocked", says=("does not answer", "Rollback: done")),
    "the Git server dies": Case(
        git_dies, 1, "in_progress", 2,
        ("does not answer", "Rollback: failed", "ConfigMap world", "could not be recorded"),
    ),
    "validation fails": Case(SAYS_CLOSED, 1, "blocked", says=("does not do what it should",)),
    "validation hangs": Case(HANGS, 1, "blocked", says=("did not end within 1 s", "Rollback: done")),
    "validation and the revert's push": Case(
        both(SAYS_CLOSED, push("Take back")),
        1, "blocked", 4, ("Rollback: failed", "The Git server does not answer", "settings", "lakestead rollback 7.1"),
    ),
    "second write and the rollback's deletion": Case(
        deletion, 1, "blocked", 1, ("Rollback: failed", "cannot be deleted", "delete    ConfigMap"),
    ),
    "first write and its recording": Case(
        both(write(1), push("is blocked")), 1, "in_progress", 0, ("could not be recorded in goals.json",),
    ),
    "the end cannot be recorded": Case(
        push("Complete"), 1, "in_progress", 4, ("is done and validated", "lakestead execute 7.1"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_injected(shop: World, monkeypatch: Patch, name: str) -> None:
    case = CASES[name]
    with monkeypatch.context() as patch:
        case.break_(shop, patch)
        code, text = shop.run("execute", "--yes", "--no-diff", *OVER)

    assert code == case.code, text
    for part in case.says:
        assert part in text
    assert len(shop.state()) == case.state, shop.state()
    status = shop.goal("7.1")["status"] if shop.log() else ""
    assert status == case.status
    if status == "blocked":
        blocked = shop.goal("7.1")["blocked"]
        assert blocked["reason"]
        assert blocked["remediation"]
        assert any("lakestead journal 2" in command for command in blocked["debug_commands"])
        assert bool(blocked["left"]) == bool(case.state)


@pytest.mark.parametrize(
    ("name", "then"),
    [
        ("validation and the revert's push", "execute"),
        ("validation and the revert's push", "rollback"),
        ("the end cannot be recorded", "execute"),
        ("second write", "execute"),
    ],
)
def test_after_the_cause_is_gone(shop: World, monkeypatch: Patch, name: str, then: str) -> None:
    declared = (shop.folder / "objectives/shop.toml").read_text()
    with monkeypatch.context() as patch:
        CASES[name].break_(shop, patch)
        shop.run("execute", "--yes", *OVER)
    (shop.folder / "objectives/shop.toml").write_text(declared)

    code, text = shop.run(then, "7.1", "--yes", *(OVER if then == "execute" else ()))

    assert code == 0, text
    assert shop.goal("7.1")["status"] == ("completed" if then == "execute" else "pending")
    assert len(shop.state()) == (4 if then == "execute" else 0)
    assert "blocked" not in shop.goal("7.1")


def test_the_transcript_of_a_failure(shop: World, monkeypatch: Patch) -> None:
    with monkeypatch.context() as patch:
        CASES["validation fails"].break_(shop, patch)
        _, text = shop.run("execute", "--yes", "--no-diff", *OVER)

    golden("execute_failed.txt", text)
    _, text = shop.run("status")
    golden("status_blocked.txt", text)


def test_what_somebody_changed_meanwhile_is_not_taken_back(shop: World) -> None:
    shop.file("ajar.json", '[{"op": "replace", "path": "/data/door", "value": "ajar"}]')
    words = "{{ kubectl }} --namespace NAMESPACE".replace("NAMESPACE", shop.namespace)
    ajar = f"{words} patch configmap settings --type json --patch-file ajar.json; {words} get"
    replaced("objectives/shop.toml", f"{words} get", ajar)(shop, pytest.MonkeyPatch())
    code, text = shop.run("execute", "--yes", *OVER)

    assert code == 1
    assert "Rollback: failed" in text
    assert "stays: changed by kubectl-patch" in text
    assert "settings: {'door': 'ajar'}" in shop.state()
    assert shop.goal("7.1")["status"] == "blocked"


KILL = """
import os, signal
from lakestead.kube.client import Api

if not os.path.exists("killed"):
    apply = Api.apply

    def killing(self, obj, **options):
        answer = apply(self, obj, **options)
        if obj["metadata"]["name"] == "settings" and not options.get("dry_run"):
            open("killed", "w").close()
            os.kill(os.getpid(), signal.NUMBER)
        return answer

    Api.apply = killing
"""


@pytest.mark.parametrize(
    ("number", "then"),
    [(signal.SIGKILL, "execute"), (signal.SIGKILL, "rollback"), (signal.SIGINT, "execute")],
)
def test_killed(shop: World, number: signal.Signals, then: str) -> None:
    deploy = shop.folder / "deploys/settings.py"
    deploy.write_text(KILL.replace("NUMBER", number.name) + deploy.read_text())
    killed = subprocess.run(
        [LAKESTEAD, "execute", "--yes", "-i", "inventories/homelab.py", *OVER],
        cwd=shop.folder, env=os.environ, capture_output=True, text=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert killed.returncode == (-9 if number is signal.SIGKILL else 130), killed.stderr
    assert shop.goal("7.1")["status"] == "in_progress"
    assert shop.state()[0] == "settings: {'door': 'open'}"
    code, text = shop.run("execute", "7.2", "--yes")
    assert (code, "Objective 7.1 is in progress" in text) == (4, True)

    code, text = shop.run(then, *(["7.1"] if then == "rollback" else []), "--yes")
    if then == "execute":  # what was not met then still is not
        assert code == 4
        code, text = shop.run(then, "--yes", *OVER)
        assert "was begun by run" in text

    assert code == 0, text
    assert shop.goal("7.1")["status"] == ("completed" if then == "execute" else "pending")
    assert len(shop.state()) == (4 if then == "execute" else 0)


def test_the_users_own_fields_survive_all_of_it(shop: World, monkeypatch: Patch) -> None:
    shop.run("execute", "--yes", *OVER)
    text = shop.git("show", f"main:{PATH}")
    mine = text.replace('"name": "Shop",', '"name": "Shop",   "owner" : ["Ann" ],')
    assert mine != text
    shop.commit(PATH, mine)

    shop.run("rollback", "7.1", "--yes")

    assert '"name": "Shop",   "owner" : ["Ann" ],' in shop.git("show", f"main:{PATH}")
    assert shop.goal("7.1")["status"] == "pending"
