"""The main job on the lab: read, run, run again, and run while something is broken."""

from __future__ import annotations

import json
import os
import runpy
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from lakestead.kube.client import Api, ObjectRef
from lakestead.lab import control_plane
from tests.lab.conftest import LAB_DIR, PROJECT, Lab, environment, said
from tests.lab.leaks import files_in, leaks, process_arguments

PHASE = "deploys/phase1.py"
WRITES = {"create", "update", "patch", "delete", "deletecollection"}


def writes_since(position: int) -> list[str]:
    """Requests of the administrator that changed something, from a position of the audit log on."""
    with control_plane.audit_log().open() as log:
        log.seek(position)
        events = [json.loads(line) for line in log]
    return [
        f"{event['verb']} {event['requestURI']}"
        for event in events
        if event["verb"] in WRITES
        and "dryRun=All" not in event["requestURI"]
        and "/exec" not in event["requestURI"]
    ]


def audit_position() -> int:
    return control_plane.audit_log().stat().st_size


def homelab_head(lab: Lab) -> str:
    """Commit at the head of the homelab repo, "" for an empty one."""
    repositories = list((lab.folder / "data").glob("git*/**/homelab.git"))
    assert len(repositories) == 1
    done = subprocess.run(
        ["git", "-c", "safe.directory=*", "-C", str(repositories[0]), "rev-parse", "main"],
        capture_output=True,
        text=True,
    )
    return done.stdout.strip() if done.returncode == 0 else ""


@pytest.fixture(scope="module")
def applied(lab: Lab) -> Lab:
    """The lab after phase 1."""
    done = lab.pyinfra(PHASE, "-y")
    assert done.returncode == 0, said(done)[-6000:]
    return lab


class TestFresh:
    """On a lab that knows nothing of phase 1 yet; these come first."""

    def test_a_dry_run_says_what_would_change_and_changes_nothing(self, lab: Lab) -> None:
        position, head = audit_position(), homelab_head(lab)
        done = lab.pyinfra(PHASE, "--dry", "--diff")
        assert done.returncode == 0, said(done)[-6000:]
        assert writes_since(position) == []
        assert homelab_head(lab) == head
        for expected in ("flux-system", "lakehouse", "helmrelease.yaml", "first_light"):
            assert expected in said(done)

    @pytest.mark.parametrize(
        ("operation", "number"),
        [
            ("Object storage: the buckets", signal.SIGKILL),
            ("Install Flux", signal.SIGKILL),
            ("Metastore: chart and release in the homelab repo", signal.SIGKILL),
            ("Metastore: wait until its release is ready", signal.SIGINT),
            ("Iceberg: create, append, read back, time travel", signal.SIGKILL),
        ],
    )
    def test_killed_it_fails_and_leaves_what_the_next_run_finishes(
        self, lab: Lab, operation: str, number: signal.Signals
    ) -> None:
        run = subprocess.Popen(
            [str(Path(sys.executable).with_name("pyinfra")), "inventories/lab.py", PHASE, "-y"],
            cwd=PROJECT,
            env=environment(LAB_DIR),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # A shell that runs the tests in the background leaves SIGINT ignored.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        assert run.stdout is not None
        said = ""
        for line in run.stdout:
            said += line
            if f"Starting operation: {operation}" in line:
                run.send_signal(number)
                break
        try:
            rest, _ = run.communicate(timeout=120)
        finally:
            run.kill()  # It would keep the cluster's lock from all that come after it.
        assert run.returncode not in (0, None), said + rest
        assert "Traceback" not in said + rest, said + rest


class TestApplied:
    def test_the_second_run_changes_nothing(self, applied: Lab) -> None:
        position, head = audit_position(), homelab_head(applied)
        done = applied.pyinfra(PHASE, "-y")
        assert done.returncode == 0, said(done)[-6000:]
        assert writes_since(position) == []
        assert homelab_head(applied) == head

    def test_a_dry_run_afterwards_has_nothing_to_change(self, applied: Lab) -> None:
        done = applied.pyinfra(PHASE, "--dry", "--json")
        assert done.returncode == 0, said(done)[-6000:]
        changing = [
            operation["name"]
            for operation in json.loads(done.stdout)["plan"]
            if operation.get("hosts_with_change")
        ]
        assert changing == []

    def test_another_process_reads_the_table(self, applied: Lab) -> None:
        done = subprocess.run(
            [sys.executable, str(Path(__file__).with_name("read_table.py"))],
            cwd=PROJECT,
            env=environment(LAB_DIR),
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        seen = json.loads(done.stdout)
        assert seen["snapshots"] == 2
        assert 0 < seen["rows in the older snapshot"] < seen["rows"]

    def test_no_secret_is_said_or_stored(self, applied: Lab) -> None:
        with process_arguments() as arguments:
            done = applied.pyinfra(PHASE, "--dry", "--diff", "-vvv", "--debug")
        assert done.returncode == 0, said(done)[-6000:]
        assert any("pyinfra" in line for line in arguments)
        places = {"output": said(done), "arguments": "\n".join(arguments)}
        assert leaks(applied, places | files_in(applied.folder / "logs")) == []


@contextmanager
def scaled_down(api: Api, ref: ObjectRef) -> Iterator[None]:
    """The workload has no pod meanwhile."""
    api.patch(ref, {"spec": {"replicas": 0}})
    wait_for_replicas(api, ref, 0)
    try:
        yield
    finally:
        api.patch(ref, {"spec": {"replicas": 1}})


def wait_for_replicas(api: Api, ref: ObjectRef, count: int) -> None:
    deadline = time.monotonic() + 180
    while True:
        obj = api.get(ref)
        assert obj is not None
        pods = api.list("v1", "Pod", ref.namespace)
        mine = [p for p in pods if p["metadata"]["name"].startswith(f"{ref.name}-")]
        ready = obj["status"].get("readyReplicas", 0)
        if ready == count and len(mine) == count:
            return
        assert time.monotonic() < deadline, f"{ref.name}: {ready} ready, {len(mine)} pods"


DOWN = {
    "toolbox": (
        ObjectRef("apps/v1", "Deployment", "rook-ceph-tools", "storage"),
        ["rook-ceph-tools"],
    ),
    "gateway": (
        ObjectRef("apps/v1", "Deployment", "rook-ceph-rgw-storage-a", "storage"),
        ["storage"],
    ),
    "postgresql": (
        ObjectRef("apps/v1", "StatefulSet", "postgresql", "databases"),
        ["postgresql"],
    ),
    "git-server": (
        ObjectRef("apps/v1", "Deployment", "git-server", "git"),
        ["homelab.git"],
    ),
}


@pytest.mark.parametrize(("ref", "names"), DOWN.values(), ids=DOWN.keys())
def test_a_part_that_is_down_is_one_clear_message(
    applied: Lab, ref: ObjectRef, names: list[str]
) -> None:
    head = homelab_head(applied)
    with scaled_down(applied.api(), ref):
        done = applied.pyinfra(PHASE, "-y")
    assert done.returncode == 1, said(done)[-3000:]
    assert "Traceback" not in said(done)
    for name in names:
        assert name in said(done)
    assert homelab_head(applied) == head
    assert applied.lakestead("lab", "up").returncode == 0  # waits until every part answers again
    again = applied.pyinfra(PHASE, "-y")
    assert again.returncode == 0, said(again)[-3000:]


def test_an_api_that_is_away_is_one_clear_message(applied: Lab) -> None:
    pid = control_plane.kube_apiserver().running()
    assert pid is not None
    os.kill(pid.pid, signal.SIGKILL)
    try:
        done = applied.pyinfra(PHASE, "-y")
    finally:
        assert applied.lakestead("lab", "up").returncode == 0
    assert done.returncode == 1
    assert "Traceback" not in said(done)
    assert "10.233.0.1:6443" in said(done)


def settings_with(section: str, **changes: Any) -> list[str]:
    """pyinfra arguments that put other values into one section of the lab's settings."""
    data = runpy.run_path(str(PROJECT / "group_data" / "lab.py"))
    return ["--data", f"{section}={json.dumps({**data[section], **changes})}"]


def test_a_refused_push_is_one_clear_message(applied: Lab, tmp_path: Path) -> None:
    wrong = tmp_path / "password"
    wrong.write_text("not-the-password")
    head = homelab_head(applied)
    done = applied.pyinfra(PHASE, "-y", *settings_with("gitops", password={"file": str(wrong)}))
    assert done.returncode == 1, said(done)[-3000:]
    assert "Traceback" not in said(done)
    assert "not-the-password" not in said(done)
    assert homelab_head(applied) == head


def test_a_context_that_is_not_there_names_those_that_are(applied: Lab, tmp_path: Path) -> None:
    inventory = tmp_path / "inventory.py"
    inventory.write_text('cluster = ["@kube/elsewhere"]\nworkstation = ["@local"]\n')
    settings = settings_with("kube", context="elsewhere")
    done = applied.pyinfra(PHASE, "--dry", *settings, inventory=str(inventory))
    assert done.returncode == 1
    assert "Traceback" not in said(done)
    assert "elsewhere" in said(done)
    assert "lakestead-lab" in said(done)


def test_a_failing_release_says_why_and_is_mended_by_the_next_run(applied: Lab) -> None:
    # The chart, which has the image, may come before the release's own limit: that one comes first here.
    short = settings_with("metastore", timeout=40)
    broken = settings_with("metastore", image="lakestead.local/no-such-image:1", timeout=40)
    try:
        done = applied.pyinfra(PHASE, "-y", *short)
        assert done.returncode == 0, said(done)[-3000:]
        done = applied.pyinfra(PHASE, "-y", *broken)
        assert done.returncode == 1, said(done)[-3000:]
        assert "Traceback" not in said(done)
        assert "no-such-image" in said(done)
        assert "hive-metastore" in said(done)
    finally:
        again = applied.pyinfra(PHASE, "-y")
    assert again.returncode == 0, said(again)[-4000:]
