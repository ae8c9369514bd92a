"""The Kubernetes client, server-side apply and pods as hosts, against a real API server and kubelet."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lakestead.errors import LakesteadError
from lakestead.facts.nodes import read
from lakestead.kube.client import Api, ApiError, ObjectRef
from lakestead.kube.dry_run import plan_objects
from lakestead.kube.pods import ready_pod
from lakestead.kube.readiness import wait_ready

GIT_SERVER = ("git", "deploy/git-server")


@pytest.fixture
def namespace(api: Api) -> Iterator[str]:
    """A namespace of the test's own."""
    name = f"test-{secrets.token_hex(4)}"
    api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    yield name
    api.delete(ObjectRef("v1", "Namespace", name))


@pytest.fixture
def pod(api: Api) -> str:
    return ready_pod(api, *GIT_SERVER)


def config_map(namespace: str, **data: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "settings", "namespace": namespace},
        "data": data,
    }


def test_exec_keeps_bytes_streams_and_exit_code(api: Api, pod: str) -> None:
    blob = os.urandom(3_000_000)
    assert api.exec("git", pod, ["cat"], stdin=blob).stdout == blob
    result = api.exec("git", pod, ["sh", "-c", "echo out; echo err >&2; exit 7"])
    assert (result.rc, result.stdout, result.stderr) == (7, b"out\n", b"err\n")


def test_exec_ends_in_time_and_says_what_it_could_not_run(api: Api, pod: str) -> None:
    with pytest.raises(LakesteadError, match=r"No end within 1 s of sleep in pod git/"):
        api.exec("git", pod, ["sleep", "30"], timeout=1)
    with pytest.raises(LakesteadError, match=r"nonesuch[\s\S]*not found"):
        api.exec("git", pod, ["nonesuch"])
    with pytest.raises(ApiError, match="404"):
        api.exec("git", "gone", ["true"])


def test_what_would_not_change_is_not_written(api: Api, namespace: str) -> None:
    wanted = config_map(namespace, a="1")
    assert [item.change.action for item in plan_objects(api, [wanted])] == ["create"]
    api.apply(wanted)
    writes = api.writes
    assert [item.change.action for item in plan_objects(api, [wanted])] == ["unchanged"]
    assert [item.change.action for item in plan_objects(api, [config_map(namespace, a="2")])] == [
        "update"
    ]
    assert api.writes == writes


def test_a_conflict_names_field_and_owner_and_changes_nothing(api: Api, namespace: str) -> None:
    api.apply(config_map(namespace, a="1"), field_manager="somebody")
    [planned] = plan_objects(api, [config_map(namespace, a="2")])
    assert planned.error is not None
    assert '.data.a: conflict with "somebody"' in str(planned.error)
    field = f"ConfigMap {namespace}/settings: .data.a"
    [taken] = plan_objects(api, [config_map(namespace, a="2")], take_over=[field])
    assert taken.change.action == "update"
    assert taken.change.why == "takes .data.a over from somebody"


def test_a_kind_that_was_made_a_moment_ago(api: Api, namespace: str) -> None:
    group = f"{namespace}.example"
    widget = {
        "apiVersion": f"{group}/v1",
        "kind": "Widget",
        "metadata": {"name": "w", "namespace": namespace},
    }
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"widgets.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"kind": "Widget", "plural": "widgets"},
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": {"type": "object"}},
                }
            ],
        },
    }
    planned = plan_objects(api, [widget, definition])
    assert [item.change.action for item in planned] == ["create", "known after apply"]
    try:
        api.apply(definition)
        wait_ready(api, [ObjectRef.of(definition)], 10, interval=0.1)
        assert api.apply(widget)["metadata"]["uid"]
    finally:
        api.delete(ObjectRef.of(definition))


def test_a_pod_that_never_becomes_ready(api: Api, namespace: str, pod: str) -> None:
    running = api.get(ObjectRef("v1", "Pod", pod, "git"))
    assert running is not None
    crashing = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "crashing", "namespace": namespace},
        "spec": {
            "selector": {"matchLabels": {"app": "crashing"}},
            "template": {
                "metadata": {"labels": {"app": "crashing"}},
                "spec": {
                    "containers": [
                        {
                            "name": "app",
                            "image": running["spec"]["containers"][0]["image"],
                            "imagePullPolicy": "Never",
                            "command": ["sh", "-c", "echo no such database; exit 3"],
                            "readinessProbe": {"exec": {"command": ["test", "-e", "/ready"]}},
                        }
                    ]
                },
            },
        },
    }
    api.apply(crashing)
    with pytest.raises(LakesteadError) as caught:
        wait_ready(api, [ObjectRef.of(crashing)], timeout=8)
    message = str(caught.value)
    assert f"Deployment {namespace}/crashing not ready after 8 s" in message
    assert "container app " in message
    assert "| no such database" in message


def test_nodes(api: Api) -> None:
    [node] = read(api)
    assert node["name"] == "lakestead"
    assert 0 < node["allocatable"]["memory"] <= node["capacity"]["memory"]
    assert node["used"] is None or node["used"]["memory"] > 0
    assert any(pod["namespace"] == "git" for pod in node["pods"])


PROBE = """
from io import StringIO
from pyinfra import host
from pyinfra.operations import files, server

if "pod" in host.groups:
    files.put(name="Put", src=StringIO("pass 'word' $HOME\\n"), dest="/tmp/probe", mode="600")
    server.shell(
        name="See it",
        commands=["grep -c . /tmp/probe; cat; ! tr '\\\\0' ' ' < /proc/$$/cmdline | grep hunter2"],
        _stdin="from standard input",
        _env={"PASSWORD": "hunter2"},
    )
    files.get(name="Get", src="/tmp/probe", dest="fetched")
    files.file(name="Tidy up", path="/tmp/probe", present=False)
"""


def test_pyinfras_own_operations_in_a_pod(lab: Any, tmp_path: Path) -> None:
    (tmp_path / "inventory.py").write_text('pod = ["@kubepod/git/deploy/git-server"]\n')
    (tmp_path / "probe.py").write_text(PROBE)
    (tmp_path / "group_data").mkdir()
    kube = {"kubeconfig": str(lab.folder / "kubeconfig"), "context": "lakestead-lab"}
    (tmp_path / "group_data" / "all.py").write_text(f"kube = {kube!r}\n")
    program = str(Path(sys.executable).with_name("pyinfra"))
    command = [program, "inventory.py", "probe.py", "-y"]

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "fetched").read_text() == "pass 'word' $HOME\n"
