"""Credentials on the lab: each is made for it, External Secrets copies them, and they can be replaced."""

from __future__ import annotations

import base64
import json
import math
import re
import runpy
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lakestead.errors import LakesteadError
from lakestead.kube.client import Api, ObjectRef
from lakestead.kube.pods import ready_pod
from lakestead.rgw.credentials import Credentials
from lakestead.rgw.failures import WRONG_KEY
from lakestead.rgw.key_secrets import user_secret
from lakestead.s3.client import S3
from tests.lab.conftest import LAB_DIR, PROJECT, Lab, environment, said
from tests.lab.leaks import files_in, known, leaks
from tests.lab.test_phase1 import audit_position, writes_since

ROTATE = "deploys/rotate.py"
STORE, PODS = "lakestead-secrets", "data-platform"
DATABASE, S3_KEY = "hive-metastore-database", "lakehouse-s3"
OPERATOR = ObjectRef("apps/v1", "Deployment", "external-secrets", "external-secrets")


def data(api: Api, namespace: str, name: str) -> dict[str, str]:
    """The entries of a Secret."""
    found = api.get(ObjectRef("v1", "Secret", name, namespace))
    assert found is not None
    return {key: base64.b64decode(value).decode() for key, value in found["data"].items()}


def wait(condition: Any, what: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.2)


@pytest.fixture(scope="module")
def applied(lab: Lab) -> Lab:
    done = lab.pyinfra("deploys/phase1.py", "-y")
    assert done.returncode == 0, said(done)[-6000:]
    return lab


# Entries of Secrets that are no secrets: names, numbers, public halves.
NAMES = {"username", "ceph-username", "fsid", "ca.crt", "namespace", "accessKey"}


def bits(value: str) -> float:
    """Shannon's estimate of what a value holds, in bits."""
    counts = Counter(value)
    return -sum(n * math.log2(n / len(value)) for n in counts.values())


def test_every_secret_is_made_for_this_lab(applied: Lab, api: Api) -> None:
    """None is a word, short, or anywhere in this project: what is made at random is none of it."""
    texts = [
        path.read_text(errors="replace")
        for path in subprocess.run(
            ["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True, check=True
        ).stdout.splitlines()
        for path in [PROJECT / path]
        if path.is_file()
    ]
    found: dict[str, str] = {}
    for secret in api.list("v1", "Secret"):
        metadata = secret["metadata"]
        if secret["type"] == "helm.sh/release.v1":  # Helm's record of what it rendered
            continue
        for key, value in (secret.get("data") or {}).items():
            if key not in NAMES and not key.endswith(("_KEY_ID", ".crt")):
                place = f"{metadata['namespace']}/{metadata['name']} {key}"
                found[place] = base64.b64decode(value).decode()
    found |= {f"file {p.name}": p.read_text() for p in (applied.folder / "secrets").iterdir()}
    assert {
        f"{STORE}/{DATABASE} password",
        f"{PODS}/{S3_KEY} AWS_SECRET_ACCESS_KEY",
    } <= found.keys()
    weak, written = [], []
    for place, value in found.items():
        for part in re.findall(r"key = (\S+)", value) or [value]:
            secret_part = part.strip()
            if len(secret_part) < 20 or bits(secret_part) < 70:
                weak.append(place)
            if any(secret_part in text for text in texts):
                written.append(place)
    assert (weak, written) == ([], [])


def test_no_user_of_postgresql_has_its_name_or_a_known_word_for_a_password(
    applied: Lab, api: Api
) -> None:
    from lakestead.postgresql import scram

    pod = ready_pod(api, "databases", "statefulset/postgresql")
    sql = "SELECT rolname, rolpassword FROM pg_authid WHERE rolpassword IS NOT NULL"
    done = api.exec("databases", pod, ["psql", "-XqAt", "--dbname=postgres"], stdin=sql.encode())
    users = dict(line.split("|", 1) for line in done.stdout.decode().splitlines())
    assert users
    assert users.keys() <= {"postgres", "metastore", "metastore_2", "metastore_backup"}
    words = ["postgres", "password", "admin", "changeme", "hive", "secret", "lakestead", "root"]
    for user, stored in users.items():
        assert stored.startswith("SCRAM-SHA-256$")
        for word in [*words, user]:
            assert not scram.matches(stored, word), f"{user} has the password {word}"


def test_pods_get_what_is_kept_and_the_operator_can_read_no_more(applied: Lab, api: Api) -> None:
    for name in (DATABASE, S3_KEY):
        assert data(api, STORE, name) == data(api, PODS, name)
    account = f"system:serviceaccount:{PODS}:lakestead-secrets"
    operator = "system:serviceaccount:external-secrets:external-secrets"
    answers = {
        (who, verb, namespace, name): allowed(api, who, verb, namespace, name)
        for who, verb, namespace, name in (
            (account, "get", STORE, DATABASE),
            (account, "get", STORE, "another"),
            (account, "list", STORE, ""),
            (account, "update", STORE, DATABASE),
            (account, "get", PODS, DATABASE),
            (operator, "update", PODS, DATABASE),
            (operator, "get", STORE, DATABASE),
            (operator, "get", "storage", "rook-ceph-mon"),
        )
    }
    granted = [asked[1:] for asked, yes in answers.items() if yes]
    assert granted == [("get", STORE, DATABASE), ("update", PODS, DATABASE)]


def allowed(api: Api, who: str, verb: str, namespace: str, name: str) -> bool:
    """Whether a user may do that with a Secret."""
    attributes = {"verb": verb, "resource": "secrets", "namespace": namespace, "name": name}
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {"user": who, "resourceAttributes": attributes},
    }
    path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
    return bool(api.raw("POST", path, body=review)["status"]["allowed"])


def test_a_copy_that_is_deleted_or_altered_comes_back(applied: Lab, api: Api) -> None:
    ref, kept = ObjectRef("v1", "Secret", DATABASE, PODS), data(api, STORE, DATABASE)
    api.delete(ref)
    wait(lambda: api.get(ref) is not None and data(api, PODS, DATABASE) == kept, "deleted")
    wrong = base64.b64encode(b"altered").decode()
    api.patch(ref, {"data": {"password": wrong}})
    wait(lambda: data(api, PODS, DATABASE) == kept, "altered")


def test_what_is_kept_comes_back_from_the_copy(applied: Lab, api: Api) -> None:
    kept = data(api, STORE, DATABASE), data(api, STORE, S3_KEY)
    for name in (DATABASE, S3_KEY):
        api.delete(ObjectRef("v1", "Secret", name, STORE))
    done = applied.pyinfra("deploys/phase1.py", "-y")
    assert done.returncode == 0, said(done)[-6000:]
    assert (data(api, STORE, DATABASE), data(api, STORE, S3_KEY)) == kept


def test_an_operator_that_is_missing_is_told_before_anything_is_changed(
    applied: Lab, api: Api
) -> None:
    settings = runpy.run_path(str(PROJECT / "group_data/lab.py"))["secrets"]
    without = json.dumps({**settings, "operator": None})
    api.patch(OPERATOR, {"spec": {"replicas": 0}})
    try:
        pods = ("v1", "Pod", "external-secrets")
        wait(lambda: not api.list(*pods), "the operator's pod ends")
        position = audit_position()
        done = applied.pyinfra(ROTATE, "-y", "--data", f"secrets={without}")
        assert done.returncode == 1
        assert "External Secrets is operational? No." in said(done)
        assert "no such pod" in said(done)
        assert "Traceback" not in said(done)
        assert writes_since(position) == []
    finally:
        api.patch(OPERATOR, {"spec": {"replicas": 1}})
        wait(lambda: (api.get(OPERATOR) or {})["status"].get("readyReplicas") == 1, "it is back")


class Client:
    """``ask.py``, for as long as the block lasts."""

    def __enter__(self) -> Client:
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("ask.py"))],
            cwd=PROJECT,
            env=environment(LAB_DIR),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "asking\n"
        self.told: dict[str, Any] = {}
        return self

    def __exit__(self, *_: object) -> None:
        out, _ = self.process.communicate(timeout=60)
        self.told = json.loads(out)


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def refused_login(api: Api, user: str, password: str) -> str:
    """What PostgreSQL says to a user and password from another pod; "" where it lets them in."""
    pod = ready_pod(api, PODS, "deploy/hive-metastore")
    script = f"PGUSER='{user}' PGPASSWORD='{password}' psql -XqAt -c 'SELECT 1'"
    done = api.exec(PODS, pod, ["sh", "-s"], stdin=script.encode())
    return "" if done.rc == 0 else done.stderr.decode().strip()


def refused_key(key: dict[str, str]) -> str:
    """The gateway's word for a key that it does not take; "" where it does."""
    settings = runpy.run_path(str(PROJECT / "group_data/lab.py"))["object_storage"]
    credentials = Credentials(key["AWS_ACCESS_KEY_ID"], key["AWS_SECRET_ACCESS_KEY"])
    try:
        S3(settings["endpoint"], credentials, owner="the test").call("ListBuckets")
    except LakesteadError as error:
        return str(getattr(error, "code", error))
    return ""


@pytest.fixture(scope="module")
def rotated(applied: Lab) -> dict[str, Any]:
    """Both credentials replaced while a client asks on; what was there before, and how the client fared."""
    api = applied.api()
    before = {"database": data(api, STORE, DATABASE), "key": data(api, STORE, S3_KEY)}
    secrets = known(applied)
    moment = f"rotate_before={now()}"
    time.sleep(1.1)  # what is made at this second is not made before it
    dry = applied.pyinfra(ROTATE, "--dry", "--data", moment)
    with Client() as client:
        done = applied.pyinfra(ROTATE, "-y", "--data", moment, "-vvv")
    again_from = audit_position()
    again = applied.pyinfra(ROTATE, "-y", "--data", moment)
    return {
        **before, "secrets": secrets, "dry": dry, "done": done, "client": client.told,
        "again": again, "writes again": writes_since(again_from),
    }  # fmt: skip


def test_no_request_fails_while_credentials_are_replaced(rotated: dict[str, Any]) -> None:
    assert rotated["done"].returncode == 0, said(rotated["done"])[-6000:]
    print(json.dumps(rotated["client"], indent=1))
    for name, asked in rotated["client"].items():
        assert asked["failures"] == [], name
        assert asked["requests"] > 10, name


def test_the_old_ones_are_refused_and_the_new_ones_are_not(
    rotated: dict[str, Any], api: Api
) -> None:
    old, new = rotated["database"], data(api, STORE, DATABASE)
    assert old["username"] != new["username"]
    assert "authentication failed" in refused_login(api, old["username"], old["password"])
    assert refused_login(api, new["username"], new["password"]) == ""
    assert refused_key(rotated["key"]) in WRONG_KEY
    assert refused_key(data(api, STORE, S3_KEY)) == ""


def test_a_plan_says_it_and_a_second_run_changes_nothing(rotated: dict[str, Any]) -> None:
    assert rotated["dry"].returncode == 0, said(rotated["dry"])
    for line in (
        "~ update    PostgreSQL password metastore_2",
        "- delete    PostgreSQL password metastore ",
        "+ create    S3 key of RGW user lakehouse",
        "- delete    S3 key of RGW user lakehouse",
        "~ update    Deployment data-platform/hive-metastore",
    ):
        assert line in said(rotated["dry"])
    assert rotated["again"].returncode == 0, said(rotated["again"])
    assert rotated["writes again"] == []
    assert said(rotated["again"]).count("No changes") == 5


def test_neither_the_old_nor_the_new_ones_are_said(applied: Lab, rotated: dict[str, Any]) -> None:
    places = {name: said(rotated[name]) for name in ("dry", "done", "again")}
    logs = files_in(applied.folder / "logs", applied.folder / "state")
    # The gateway's log has the request that took the old key away, which names its public half.
    before = {
        name: value for name, value in rotated["secrets"].items() if not name.endswith("KEY_ID")
    }
    assert leaks(applied, places | logs, before) == []


def test_phase_1_has_nothing_to_change_afterwards(applied: Lab, rotated: dict[str, Any]) -> None:
    position = audit_position()
    done = applied.pyinfra("deploys/phase1.py", "-y")
    assert done.returncode == 0, said(done)[-6000:]
    assert writes_since(position) == []


def test_killed_in_each_step_the_next_run_finishes_it(
    applied: Lab, api: Api, rotated: dict[str, Any]
) -> None:
    """The other way round: the first user takes over again."""
    before = {"database": data(api, STORE, DATABASE), "key": data(api, STORE, S3_KEY)}
    moment = f"rotate_before={now()}"
    time.sleep(1.1)
    with Client() as client:
        for text in (
            "set the password of role metastore",
            "add a key of RGW user lakehouse",
            "restart Deployment data-platform/hive-metastore",
            "revoke the password of role metastore_2",
            "revoke the old key of RGW user lakehouse",
        ):
            kill_when(text, moment)
        done = applied.pyinfra(ROTATE, "-y", "--data", moment)
        assert done.returncode == 0, said(done)[-6000:]
    assert [asked["failures"] for asked in client.told.values()] == [[], [], []]
    new = data(api, STORE, DATABASE)
    assert new["username"] == "metastore"
    old = before["database"]
    assert "authentication failed" in refused_login(api, old["username"], old["password"])
    assert refused_key(before["key"]) in WRONG_KEY
    assert refused_key(data(api, STORE, S3_KEY)) == ""
    user = user_secret(f"{STORE}/{S3_KEY}").read(api)
    assert user is not None
    position = audit_position()
    assert applied.pyinfra(ROTATE, "-y", "--data", moment).returncode == 0
    assert writes_since(position) == []


def kill_when(text: str, moment: str) -> None:
    """Run the rotation and kill it at the moment when it says that it does ``text``."""
    program = str(Path(sys.executable).with_name("pyinfra"))
    run = subprocess.Popen(
        [program, "inventories/lab.py", ROTATE, "-y", "--data", moment, "-vvv"],
        cwd=PROJECT,
        env=environment(LAB_DIR),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert run.stdout is not None
    for line in run.stdout:
        if f">>> {text}" in line:
            run.send_signal(signal.SIGKILL)
            break
    rest, _ = run.communicate(timeout=60)
    assert run.returncode == -signal.SIGKILL, f"{text}: it came to its end\n{rest[-3000:]}"
