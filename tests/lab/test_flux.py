"""Flux on the lab: bootstrap, a second run, a release that fails, a repository that refuses."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from lakestead.flux.installation import CRDS
from lakestead.flux.kinds import flux_ref
from lakestead.kube.client import Api, ObjectRef
from lakestead.kube.wait import wait_for

HERE = Path(__file__).parent
SOURCE = flux_ref("GitRepository", "flux-system", "flux-system")
ROOT = flux_ref("Kustomization", "flux-system", "flux-system")
SECRET = ObjectRef("v1", "Secret", "flux-system", "flux-system")
DEPLOYMENTS = [
    ObjectRef("apps/v1", "Deployment", f"{name}-controller", "flux-system")
    for name in ("source", "kustomize", "helm")
]
CRD_REFS = [ObjectRef("apiextensions.k8s.io/v1", "CustomResourceDefinition", name) for name in CRDS]

Done = subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def bootstrap(lab: Any, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Done]:
    """Run the Flux task alone."""
    deploy = tmp_path_factory.mktemp("deploy") / "flux.py"
    deploy.write_text("from tasks import flux\n\nflux.deploy()\n")
    return lambda *arguments: lab.pyinfra(str(deploy), *(arguments or ("-y",)))


@pytest.fixture
def probe(
    lab: Any, bootstrap: Callable[..., Done], monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], Done]:
    """Deploy the probe with a script, on a lab that has Flux."""
    done = bootstrap()
    assert done.returncode == 0, done.stderr

    def deploy(script: str) -> Done:
        monkeypatch.setenv("PROBE_SCRIPT", script)
        return lab.pyinfra(str(HERE / "probe/deploy.py"), "-y")

    return deploy


@pytest.fixture
def repository(lab: Any) -> Path:
    """The bare repository on the Git server's volume."""
    (found,) = (lab.folder / "data").glob("git*/**/homelab.git")
    return Path(found)


def git(repository: Path, *arguments: str) -> str:
    command = ["git", "-c", "safe.directory=*", "-C", str(repository), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def written(api: Api, refs: list[ObjectRef]) -> list[Any]:
    """What would differ if Lakestead had written again; Flux writes status at any time."""
    seen = []
    for ref in refs:
        metadata = (api.get(ref) or {})["metadata"]
        fields = metadata.get("managedFields", [])
        ours = [entry for entry in fields if entry.get("manager") == "lakestead"]
        seen.append((ref.name, metadata.get("generation"), metadata.get("annotations"), ours))
    return seen


def ready_revision(obj: dict[str, Any] | None) -> str:
    assert obj is not None
    (ready,) = (item for item in obj["status"]["conditions"] if item["type"] == "Ready")
    assert ready["status"] == "True"
    return str(obj["status"].get("lastAppliedRevision") or obj["status"]["artifact"]["revision"])


def test_bootstrap_and_nothing_more_the_second_time(bootstrap, api, repository) -> None:
    done = bootstrap()
    assert done.returncode == 0, done.stderr
    head = f"main@sha1:{git(repository, 'rev-parse', 'main')}"
    assert ready_revision(api.get(SOURCE)) == head
    for name in ("flux-system", "cluster-meta", "cluster-apps"):
        assert ready_revision(api.get(flux_ref("Kustomization", name, "flux-system"))) == head
    seeded = git(repository, "ls-tree", "-r", "--name-only", "main").splitlines()
    assert {
        "README.md",
        "docs/data-platform/bootstrap/README.md",
        "kubernetes/apps/data-platform/kustomization.yaml",
        "kubernetes/flux/cluster/ks.yaml",
        "kubernetes/flux/meta/repos/kustomization.yaml",
    } <= set(seeded)

    refs = [SOURCE, ROOT, SECRET, *CRD_REFS]
    before = written(api, refs)
    again = bootstrap()
    assert again.returncode == 0, again.stderr
    assert written(api, refs) == before
    assert f"main@sha1:{git(repository, 'rev-parse', 'main')}" == head


def test_a_release_that_fails_says_why_and_is_repaired_by_the_next_run(probe, api) -> None:
    failed = probe("echo cannot open the database; exit 3")
    assert failed.returncode == 1
    assert "HelmRelease data-platform/probe failed" in failed.stderr
    assert "RetriesExceeded: Failed to" in failed.stderr
    assert "container main ended with 3" in failed.stderr
    assert "| cannot open the database" in failed.stderr
    assert "Traceback" not in failed.stderr
    repaired = probe("sleep infinity")
    assert repaired.returncode == 0, repaired.stderr
    deployment = api.get(ObjectRef("apps/v1", "Deployment", "probe", "data-platform"))
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    assert container["command"][-1] == "sleep infinity"


def test_a_push_that_is_refused_changes_nothing(probe, repository) -> None:
    head = git(repository, "rev-parse", "main")
    hook = repository / "hooks/pre-receive"
    hook.write_text("#!/bin/sh\necho 'main is protected' >&2\nexit 1\n")
    hook.chmod(0o755)
    try:
        refused = probe("sleep 1000001")
    finally:
        hook.unlink()
    assert refused.returncode == 1
    assert (
        "The Git server refused the push to branch main; nothing was changed there"
        in refused.stderr
    )
    assert "main is protected" in refused.stderr
    assert git(repository, "rev-parse", "main") == head


def test_a_credential_that_flux_is_refused_with_is_said(probe, api) -> None:
    """Somebody replaces the Secret's content: Lakestead says what Flux says, and not only a timeout."""
    good = api.get(SECRET)["data"]["password"]
    api.patch(SECRET, {"data": {"password": "d3Jvbmc="}})
    try:
        failed = probe("sleep 1000002")
    finally:
        api.patch(SECRET, {"data": {"password": good}})
    assert failed.returncode == 1
    assert "GitRepository flux-system/flux-system failed" in failed.stderr
    assert "authentication required" in failed.stderr
    assert probe("sleep 1000002").returncode == 0


def test_a_git_server_that_is_down_is_said(probe, api) -> None:
    with no_git_server(api):
        failed = probe("sleep 1000003")
    assert failed.returncode == 1
    assert "The Git server does not answer" in failed.stderr
    assert probe("sleep 1000003").returncode == 0


def test_a_flux_of_somebody_else_is_left_as_it_is(bootstrap, api) -> None:
    assert bootstrap().returncode == 0
    parts = [*DEPLOYMENTS, *CRD_REFS, SOURCE, ROOT]
    with nobodys(api, parts):
        before = written(api, [*CRD_REFS, SECRET])
        done = bootstrap()
        assert done.returncode == 0, done.stderr
        found = "Flux is here already and left as it is: flux-system/source-controller"
        assert found in done.stderr
        assert (
            "GitRepository flux-system/flux-system is here already and left as it is" in done.stderr
        )
        assert (
            "Kustomization flux-system/flux-system is here already and left as it is" in done.stderr
        )
        assert written(api, [*CRD_REFS, SECRET]) == before
    assert bootstrap().returncode == 0


@contextmanager
def nobodys(api: Api, refs: list[ObjectRef]) -> Iterator[None]:
    """The objects have no field manager meanwhile, so that Lakestead did not make them."""
    kept = {ref: (api.get(ref) or {})["metadata"]["managedFields"] for ref in refs}
    try:
        for ref in refs:
            api.patch(ref, {"metadata": {"managedFields": [{}]}})  # the API's way to say none
        yield
    finally:
        for ref, fields in kept.items():
            api.patch(ref, {"metadata": {"managedFields": fields}})


@contextmanager
def no_git_server(api: Api) -> Iterator[None]:
    server = ObjectRef("apps/v1", "Deployment", "git-server", "git")

    def pods(count: int) -> None:
        api.patch(server, {"spec": {"replicas": count}})
        wait_for(f"{count} Git servers", lambda: settled(count), 60)

    def settled(count: int) -> tuple[bool, str]:
        there = api.list("v1", "Pod", "git", label_selector="app=git-server")
        ready = (api.get(server) or {})["status"].get("readyReplicas", 0)
        return (len(there), ready) == (count, count), f"{len(there)} pods, {ready} ready"

    pods(0)
    try:
        yield
    finally:
        pods(1)
