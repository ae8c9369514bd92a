"""The lab's Ceph: what its status says is so, and what was stored stays."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from lakestead.kube.client import Api, ObjectRef
from lakestead.kube.pods import ready_pod
from lakestead.kube.wait import wait_for
from lakestead.lab.network import SERVICE_ADDRESSES

STORE = ObjectRef("ceph.rook.io/v1", "CephObjectStore", "storage", "storage")
GATEWAY = ObjectRef("apps/v1", "Deployment", "rook-ceph-rgw-storage-a", "storage")
BUCKET, USER = "kept-by-ceph", "test-ceph"


def toolbox(api: Api, *command: str) -> Any:
    """What a command in the toolbox answers, as JSON."""
    pod = ready_pod(api, "storage", "deploy/rook-ceph-tools")
    done = api.exec("storage", pod, [*command, "--format=json"])
    assert done.rc == 0, done.stderr.decode()
    return json.loads(done.stdout) if done.stdout.strip() else None


@pytest.fixture
def s3(api: Api) -> Iterator[Any]:
    """A client of a user of the test's own."""
    admin = ("radosgw-admin", "user")
    user = toolbox(api, *admin, "create", f"--uid={USER}", f"--display-name={USER}")
    key = user["keys"][0]
    yield boto3.client(
        "s3",
        endpoint_url=f"http://{SERVICE_ADDRESSES['rgw']}",
        region_name="us-east-1",
        aws_access_key_id=key["access_key"],
        aws_secret_access_key=key["secret_key"],
        config=Config(
            s3={"addressing_style": "path"},
            connect_timeout=3,
            read_timeout=10,
            retries={"total_max_attempts": 1},
        ),
    )
    toolbox(api, *admin, "rm", f"--uid={USER}", "--purge-data")


def wait_for_store(api: Api, phase: str) -> dict[str, Any]:
    """The status once it has a phase."""
    found: dict[str, Any] = {}

    def check() -> tuple[bool, str]:
        found.update((api.get(STORE) or {}).get("status") or {})
        return found.get("phase") == phase, str(found)

    wait_for(f"CephObjectStore storage to be {phase}", check, timeout=60)
    return found


def put(s3: Any, key: str, body: bytes) -> tuple[bool, str]:
    try:
        s3.put_object(Bucket=BUCKET, Key=key, Body=body)
    except (BotoCoreError, ClientError) as error:
        return False, str(error)
    return True, ""


def delete_pods(api: Api, *apps: str) -> None:
    for app in apps:
        for pod in api.list("v1", "Pod", "storage", label_selector=f"app={app}"):
            api.delete(ObjectRef("v1", "Pod", pod["metadata"]["name"], "storage"))


def daemons(api: Api) -> dict[str, int]:
    """Process ids of Ceph's daemons on this machine."""
    names = ("ceph-mon", "ceph-mgr", "ceph-osd", "radosgw")
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            name = os.path.basename(os.readlink(f"/proc/{pid}/exe"))
            in_lab = "/lakestead/kubepods" in Path(f"/proc/{pid}/cgroup").read_text()
        except OSError:
            continue
        if name in names and in_lab:
            found[name] = int(pid)
    assert sorted(found) == sorted(names)
    return found


def test_is_healthy(api: Api) -> None:
    wait_for_store(api, "Ready")
    seen: dict[str, Any] = {}

    def check() -> tuple[bool, str]:
        seen.update(toolbox(api, "ceph", "status"))
        return seen["health"]["status"] == "HEALTH_OK", str(seen["health"])

    wait_for("HEALTH_OK", check, timeout=60)
    assert seen["osdmap"]["num_up_osds"] == 1


def test_store_is_ready_only_while_its_gateway_answers(api: Api) -> None:
    wait_for_store(api, "Ready")
    api.patch(GATEWAY, {"spec": {"replicas": 0}})
    try:
        status = wait_for_store(api, "Failure")
        (ready,) = status["conditions"]
        assert (ready["type"], ready["status"], ready["reason"]) == (
            "Ready",
            "False",
            "GatewayDown",
        )
        assert SERVICE_ADDRESSES["rgw"] in ready["message"]
    finally:
        api.patch(GATEWAY, {"spec": {"replicas": 1}})
    wait_for_store(api, "Ready")


@pytest.mark.parametrize(
    "break_it",
    [
        pytest.param(lambda api: delete_pods(api, "rook-ceph-osd"), id="osd-pod-deleted"),
        pytest.param(
            lambda api: delete_pods(api, "rook-ceph-mon", "rook-ceph-osd", "rook-ceph-rgw"),
            id="all-pods-deleted",
        ),
        pytest.param(
            lambda api: [os.kill(pid, 9) for pid in daemons(api).values()], id="all-killed"
        ),
    ],
)
def test_objects_survive(api: Api, s3: Any, break_it: Callable[[Api], None]) -> None:
    wait_for_store(api, "Ready")
    body = os.urandom(5 * 2**20)
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="before", Body=body)
    break_it(api)
    wait_for("the gateway to take an object", lambda: put(s3, "after", body), timeout=90)
    for key in ("before", "after"):
        assert s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == body
    wait_for_store(api, "Ready")
