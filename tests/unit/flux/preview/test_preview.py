"""One file in ``cases`` is one commit: what is there, what it writes, and what Flux would make of it.

``NS`` stands for a namespace of the case's own. ``cluster`` is applied by ``kustomize-controller``, or by
the ``manager`` that an object names; ``releases`` are what Helm has stored.
"""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from lakestead.errors import LakesteadError
from lakestead.flux.preview import preview
from lakestead.gitops.repository import HomelabRepo
from lakestead.kube.client import Api, ObjectRef
from lakestead.kube.readiness import wait_ready
from lakestead.lab import flux_manifests
from lakestead.lab.golang import go_program
from lakestead.plan.change import Change
from lakestead.settings.flux import Flux
from tests.api_server import ApiServer

CASES = sorted((Path(__file__).parent / "cases").glob("*.yaml"))


@pytest.fixture(scope="session")
def api(api_server: ApiServer) -> Api:
    """An API server that knows Flux's kinds."""
    for program in ("helm", "kubectl"):
        go_program(program).ensure()
    api = Api.from_kubeconfig(str(api_server.kubeconfig))
    manifests = yaml.safe_load_all(flux_manifests.ensure().read_text())
    crds = [obj for obj in manifests if obj["kind"] == "CustomResourceDefinition"]
    for crd in crds:
        api.apply(crd)
    wait_ready(api, [ObjectRef.of(crd) for crd in crds], 30)
    return api


@pytest.fixture
def repo(tmp_path: Path) -> HomelabRepo:
    repo = HomelabRepo(str(tmp_path / "remote.git"), "main", tmp_path / "cache", None)
    repo.git.run("init", "--quiet", "--bare", "-b", "main", repo.url, environment={})
    return repo


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_what_flux_makes_of_a_commit(file: Path, api: Api, repo: HomelabRepo) -> None:
    namespace = f"preview-{file.stem.replace('_', '-')}"
    case = yaml.safe_load(file.read_text().replace("NS", namespace))
    _prepare(api, namespace, case)
    snapshot = repo.fetch()
    before = {path: text.encode() for path, text in (case.get("before") or {}).items()}
    if before:
        snapshot = repo.stage(snapshot, before, "before")
    writes = {p: None if text is None else text.encode() for p, text in case["writes"].items()}
    settings = Flux(**{"namespace": namespace, **_programs(), **case.get("settings", {})})
    if wanted := case.get("error"):
        with pytest.raises(LakesteadError) as caught:
            preview(api, repo, snapshot, writes, settings)
        assert wanted in str(caught.value)
        assert not any(text in str(caught.value) for text in case.get("never") or [])
        return
    changes = preview(api, repo, snapshot, writes, settings)
    assert [_line(change) for change in changes] == case["changes"]
    found = {f"{change.kind} {change.name}": change for change in changes}
    for name, texts in (case.get("says") or {}).items():
        for text in texts:
            assert text in f"{found[name].why}\n{found[name].diff}".splitlines() or (
                text in found[name].why
            )
    for text in case.get("never") or []:
        assert not any(text in f"{change!r}" for change in changes), text


def _line(change: Change) -> str:
    return f"{change.action} {change.kind} {change.name}"


def _programs() -> dict[str, str]:
    return {
        "helm": str(go_program("helm").program("helm")),
        "kubectl": str(go_program("kubectl").program("kubectl")),
    }


def _prepare(api: Api, namespace: str, case: dict[str, Any]) -> None:
    objects = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}]
    for obj in [*objects, *(case.get("cluster") or [])]:
        manager = obj.pop("manager", "kustomize-controller")
        status = obj.pop("status", None)
        api.apply(obj, field_manager=manager, force=True)
        if status:
            api.patch(ObjectRef.of(obj), {"status": status}, subresource="status")
    for release in case.get("releases") or []:
        api.apply(_stored(namespace, release), field_manager="Helm")


def _stored(namespace: str, release: dict[str, Any]) -> dict[str, Any]:
    """A release as Helm keeps it."""
    name, revision = release["name"], release["version"]
    metadata = {"name": release["chart"][0], "version": release["chart"][1]}
    data = {
        "name": name,
        "namespace": namespace,
        "version": revision,
        "info": {"status": release.get("status", "deployed")},
        "chart": {"metadata": metadata},
        "config": release.get("config") or {},
        "manifest": release["manifest"],
        "apply_method": release.get("apply_method", "ssa"),
    }
    packed = base64.b64encode(gzip.compress(json.dumps(data).encode())).decode()
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "helm.sh/release.v1",
        "metadata": {
            "name": f"sh.helm.release.v1.{name}.v{revision}",
            "namespace": namespace,
            "labels": {"owner": "helm", "name": name, "version": str(revision)},
        },
        "stringData": {"release": packed},
    }
