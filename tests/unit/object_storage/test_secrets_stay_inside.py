"""No key is in a message, a repr or a diff."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from lakestead.errors import LakesteadError
from lakestead.kube.client import ExecResult
from lakestead.operations.object_storage_user import plan_secret
from lakestead.rgw.credentials import Credentials
from lakestead.rgw.first_admin import CAPS, Toolbox, lacking
from lakestead.rgw.key_secrets import user_secret

PLANTED = "pl4nted"
KEY = Credentials("AKIA", PLANTED)
INFO = {
    "user_id": "admin",
    "display_name": "Admin",
    "max_buckets": 1,
    "suspended": 0,
    "caps": [{"type": "users", "perm": "*"}],
    "user_quota": {"enabled": False, "max_size": -1, "max_objects": -1},
    "keys": [{"user": "admin", "access_key": "AKIA", "secret_key": PLANTED}],
}


class Pod:
    """Answers of ``radosgw-admin`` in turn; plays Api.exec."""

    def __init__(self, *answers: tuple[int, str, str], realms: list[str] | None = None) -> None:
        self.answers = list(answers)
        self.realms = realms or []
        self.commands: list[list[str]] = []

    def exec(self, namespace: str, pod: str, command: list[str], **more: Any) -> ExecResult:
        if "realm" in command:
            return ExecResult(0, json.dumps({"realms": self.realms}).encode(), b"")
        self.commands.append(command)
        rc, stdout, stderr = self.answers.pop(0)
        return ExecResult(rc, stdout.encode(), stderr.encode())


def toolbox(pod: Pod) -> Toolbox:
    return Toolbox(pod, "storage", "tools-0", None, "store")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "answer",
    [
        (1, json.dumps(INFO), "could not store: (5) Input/output error"),
        (0, json.dumps(INFO)[:-5], ""),
        (124, json.dumps(INFO), ""),
    ],
    ids=["failed", "cut off", "timed out"],
)
def test_a_failing_radosgw_admin_does_not_repeat_its_output(answer: tuple[int, str, str]) -> None:
    with pytest.raises(LakesteadError) as error:
        toolbox(Pod(answer)).create_user("admin", CAPS)
    assert "radosgw-admin user create failed" in str(error.value)
    assert PLANTED not in str(error.value)
    assert error.value.__cause__ is None


def test_only_rc_22_means_that_there_is_no_such_user() -> None:
    assert toolbox(Pod((22, "", "no user info saved"))).read_user("admin") is None
    with pytest.raises(LakesteadError, match="exit code 5"):
        toolbox(Pod((5, "", "timed out"))).read_user("admin")


def test_user_read_back_with_what_its_caps_lack() -> None:
    found = toolbox(Pod((0, json.dumps(INFO), ""))).read_user("admin")
    assert found == ({"users": "*"}, [KEY])
    assert "users" not in lacking(found[0])
    assert lacking(CAPS) == {}


@pytest.mark.parametrize(
    ("realms", "place"),
    [([], []), (["store"], ["--rgw-realm=store", "--rgw-zonegroup=store", "--rgw-zone=store"])],
)
def test_rooks_realm_is_named_where_there_is_one(realms: list[str], place: list[str]) -> None:
    pod = Pod((22, "", ""), realms=realms)
    toolbox(pod).read_user("admin")
    assert [word for word in pod.commands[0] if word.startswith("--rgw-")] == place


def test_no_repr_shows_the_secret_half() -> None:
    assert PLANTED not in repr(KEY)


def test_the_plan_of_a_secret_shows_that_it_changes_and_not_to_what() -> None:
    class Cluster:
        def get(self, ref: object) -> dict[str, Any]:
            return user_secret("data/key").manifest(Credentials("OLD", "old" + PLANTED))

        def apply(self, obj: object, *, dry_run: bool) -> None:
            assert dry_run

    changes = plan_secret(Cluster(), user_secret("data/key"), [KEY])  # type: ignore[arg-type]
    assert [change.action for change in changes] == ["update"]
    assert "*** (after)" in changes[0].diff
    assert PLANTED not in changes[0].diff
    assert base64.b64encode(PLANTED.encode()).decode() not in changes[0].diff
