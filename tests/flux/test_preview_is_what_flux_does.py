"""A preview held against Flux itself: its real controllers apply the commits that were previewed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lakestead.flux import sync
from lakestead.flux.kinds import flux_ref
from lakestead.flux.preview import preview
from lakestead.flux.reconcile import Chain
from lakestead.gitops.git import Credential
from lakestead.gitops.repository import HomelabRepo
from lakestead.kube.client import Api, ObjectRef
from lakestead.kube.wait import wait_for
from lakestead.lab.golang import go_program
from lakestead.plan.change import Change
from lakestead.plan.diff import object_diff
from lakestead.settings.flux import Flux
from lakestead.settings.gitops import Gitops
from tests.api_server import ApiServer
from tests.flux import controllers
from tests.unit.git_server.conftest import Server

API_VERSIONS = {
    "Deployment": "apps/v1",
    "HelmRelease": "helm.toolkit.fluxcd.io/v2",
    "Kustomization": "kustomize.toolkit.fluxcd.io/v1",
}
APP = flux_ref("HelmRelease", "web", "app")
Writes = Mapping[str, bytes | None]

KS = b"""\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: app, namespace: flux-system}
spec:
  path: ./app
  targetNamespace: app
  sourceRef: {kind: GitRepository, name: flux-system}
  interval: 1h
  prune: true
  commonMetadata: {labels: {team: lake}}
  postBuild: {substitute: {COLOUR: green}, substituteFrom: [{kind: ConfigMap, name: none, optional: true}]}
  patches: [{target: {kind: ConfigMap, name: page}, patch: '[{"op": "add", "path": "/data/patched", "value": "yes"}]'}]
---
apiVersion: v1
kind: Namespace
metadata: {name: app}
"""
RELEASE = b"""\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: web}
spec:
  interval: 1h
  releaseName: web
  chart: {spec: {chart: ./chart, sourceRef: {kind: GitRepository, name: flux-system, namespace: flux-system}}}
  install: {disableWait: true}
  upgrade: {disableWait: true}
  valuesFrom: [{kind: Secret, name: values}]
  postRenderers:
    - kustomize: {images: [{name: nginx, newTag: "1.29"}]}
  values: {replicas: REPLICAS}
"""
DEPLOYMENT = b"""\
apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Release.Name }}}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - {name: web, image: nginx, resources: {limits: {cpu: 1000m}}, env: [{name: MODE, value: {{ .Values.mode | quote }}}]}
"""
FIRST: Writes = {
    "flux/app.yaml": KS,
    "app/release.yaml": RELEASE.replace(b"REPLICAS", b"1"),
    "app/page.yaml": b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: page}\ndata: {text: '${COLOUR} $${x}', time: 12:30}\n",
    "app/goes.yaml": b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: goes}\n",
    "app/values.yaml": b"apiVersion: v1\nkind: Secret\nmetadata: {name: values}\nstringData: {values.yaml: 'mode: quick'}\n",
    "chart/Chart.yaml": b"{apiVersion: v2, name: web, version: 1.0.0}",
    "chart/templates/web.yaml": DEPLOYMENT,
    "chart/templates/old.yaml": b"{apiVersion: v1, kind: ConfigMap, metadata: {name: old}}\n",
}
SECOND: Writes = {
    "app/release.yaml": RELEASE.replace(b"REPLICAS", b"3"),
    "app/goes.yaml": None,
    "app/page.yaml": b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: page}\ndata: {text: '${COLOUR^^}'}\n",
    "chart/Chart.yaml": b"{apiVersion: v2, name: web, version: 1.1.0}",
    "chart/templates/old.yaml": None,
    "chart/templates/new.yaml": b"{apiVersion: v1, kind: ConfigMap, metadata: {name: new}}\n",
}


@dataclass(frozen=True)
class Flow:
    """A homelab repo that Flux follows."""

    api: Api
    repo: HomelabRepo
    flux: Flux

    def preview(self, writes: Writes) -> list[Change]:
        return preview(self.api, self.repo, self.repo.fetch(), writes, self.flux)

    def push(self, writes: Writes) -> None:
        """Push a commit, and wait until Flux has done with it."""
        self.repo.publish(self.repo.fetch(), writes, "a commit")
        source = flux_ref("GitRepository", "flux-system", "flux-system")
        root = flux_ref("Kustomization", "flux-system", "flux-system")
        Chain(self.api, self.repo, source, root, APP).reconcile(120, lambda said: None)


@pytest.fixture
def flow(tmp_path: Path) -> Iterator[Flow]:
    git = Server(tmp_path)
    for program in ("helm", "kubectl"):
        go_program(program).ensure()
    flux = Flux(
        helm=str(go_program("helm").program("helm")),
        kubectl=str(go_program("kubectl").program("kubectl")),
        path="./flux",
    )
    gitops = Gitops(
        url=git.url, username="lakestead", password={"file": str(tmp_path / "password")}
    )
    credential = Credential("lakestead", git.password)
    repo = HomelabRepo(git.url, "main", tmp_path / "cache", credential)
    try:
        with ApiServer.running() as server, controllers.running(server, tmp_path):
            api = Api.from_kubeconfig(str(server.kubeconfig))
            api.apply(sync.secret(flux, "lakestead", git.password))
            api.apply(sync.git_repository(flux, gitops))
            api.apply(sync.root_kustomization(flux))
            yield Flow(api, repo, flux)
    finally:
        git.stop()


def test_flux_does_what_was_previewed(flow: Flow) -> None:
    planned = flow.preview(FIRST)
    assert [str(change) for change in planned if (change.will or change.action) != "create"] == []
    flow.push(FIRST)
    for change in planned:
        _wait_for(flow.api, change, None)

    planned = flow.preview(SECOND)
    actions = {f"{change.action} {change.kind} {change.name}" for change in planned}
    assert actions == {
        "unchanged Secret app/values",
        "update ConfigMap app/page",
        "delete ConfigMap app/goes",
        "update HelmRelease app/web",
        "update Deployment app/web",
        "create ConfigMap app/new",
        "delete ConfigMap app/old",
    }
    before = {change: _there(flow.api, change) for change in planned}
    flow.push(SECOND)
    for change in planned:
        _wait_for(flow.api, change, before[change])
    after = {change: _there(flow.api, change) for change in planned}
    for change in planned:
        if change.action in ("update", "unchanged"):
            assert object_diff(before[change], after[change]) == change.diff, str(change)
        elif change.action == "create":
            assert before[change] is None
            assert after[change] is not None
        else:
            assert before[change] is not None
            assert after[change] is None

    assert {change.action for change in flow.preview(SECOND)} == {"unchanged"}


def _there(api: Api, change: Change) -> dict[str, Any] | None:
    namespace, _, name = change.name.rpartition("/")
    version = API_VERSIONS.get(change.kind, "v1")
    return api.get(ObjectRef(version, change.kind, name, namespace or None))


def _wait_for(api: Api, change: Change, before: dict[str, Any] | None) -> None:
    """Wait until Flux has done a change: Helm goes on when the Kustomization is applied already."""

    def done() -> tuple[bool, str]:
        now = _there(api, change)
        if change.action == "delete":
            return now is None, "it is there"
        if change.action == "update":
            return bool(object_diff(before, now)), "it is as it was"
        return now is not None, "it is not there"

    wait_for(f"{change} to be done", done, 60)
