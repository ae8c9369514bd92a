"""An objective whose release cannot start, taken back: Flux's own controllers follow commit and revert."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api_server import ApiServer
from tests.flux import controllers
from tests.objectives.conftest import world  # noqa: F401
from tests.objectives.world import World
from tests.unit.git_server.conftest import Server, start  # noqa: F401

TOML = """
[phase]
id = "7"
name = "Shop"

[[objective]]
id = "7.1"
name = "Flux"
deploy = "deploys/flux.py"

[[objective]]
id = "7.2"
name = "The shop's release"
needs = ["7.1"]
deploy = "deploys/release.py"

[objective.gitops]
namespace = "NAMESPACE"
kustomization = "kubernetes/flux/cluster/ks.yaml"
helmrelease = "kubernetes/apps/shop/release.yaml"
"""

FLUX = '''
from pyinfra import host

from lakestead.operations import flux, gitops

ROOT = """\\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: cluster-apps, namespace: flux-system}
spec:
  path: ./kubernetes/apps
  sourceRef: {kind: GitRepository, name: flux-system}
  interval: 1h
  prune: true
"""
SETTINGS = "apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: settings, namespace: NAMESPACE}\\n"
seeds = {
    "files": {
        "kubernetes/flux/cluster/ks.yaml": ROOT,
        "kubernetes/apps/shop/settings.yaml": SETTINGS + "data: {door: open}\\n",
    },
    "message": "Seed the homelab repo",
}
gitops.expect(**seeds)
if "workstation" in host.groups:
    gitops.files(name="Seed the homelab repo", **seeds)
if "cluster" in host.groups:
    flux.follow(name="Make Flux follow the homelab repo")
    for name in ("flux-system", "cluster-apps"):
        flux.reconcile(
            name=f"Wait for {name}", kind="Kustomization", object_name=name, namespace="flux-system"
        )
'''

RELEASE = '''
from pyinfra import host

from lakestead.operations import flux, gitops

DEPLOYMENT = """\\
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec: {containers: [{name: shop, image: "localhost/shop:missing"}]}
"""
HELMRELEASE = """\\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: shop, namespace: NAMESPACE}
spec:
  interval: 1h
  timeout: 3s
  chart:
    spec:
      chart: ./kubernetes/charts/shop
      sourceRef: {kind: GitRepository, name: flux-system, namespace: flux-system}
"""
release = {
    "files": {
        "kubernetes/charts/shop/Chart.yaml": "apiVersion: v2\\nname: shop\\nversion: 0.1.0\\n",
        "kubernetes/charts/shop/templates/deployment.yaml": DEPLOYMENT,
        "kubernetes/apps/shop/release.yaml": HELMRELEASE,
    },
    "message": "Deploy the shop",
}
gitops.expect(**release)
if "workstation" in host.groups:
    gitops.files(name="The shop in the homelab repo", **release)
if "cluster" in host.groups:
    flux.reconcile(
        name="Wait for the shop",
        kind="HelmRelease",
        object_name="shop",
        namespace="NAMESPACE",
        timeout=120,
    )
'''


@pytest.fixture(scope="module")
def flux(api_server: ApiServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with controllers.running(api_server, tmp_path_factory.mktemp("flux")):
        yield


def test_a_release_that_cannot_start(
    flux: None,
    world: World,  # noqa: F811
) -> None:
    world.make_namespace()
    world.file("objectives/shop.toml", TOML)
    world.file("deploys/flux.py", FLUX)
    world.file("deploys/release.py", RELEASE)
    code, text = world.run("execute", "--yes", "--override", "for the test")
    assert code == 0, text
    files, settings = world.state(), world.get("v1", "ConfigMap", "settings")
    assert settings is not None

    code, text = world.run("execute", "--yes", "--no-diff")

    assert code == 1, text
    assert "HelmRelease" in text
    assert "Rollback: done" in text
    assert world.get("helm.toolkit.fluxcd.io/v2", "HelmRelease", "shop") is None
    assert world.get("apps/v1", "Deployment", "shop") is None
    assert world.get("v1", "ConfigMap", "settings") == settings
    assert world.state() == files
    blocked = world.goal("7.2")["blocked"]
    assert "shop failed" in blocked["reason"]
    assert any("get pods,helmreleases" in command for command in blocked["debug_commands"])
    assert world.goal("7.1")["status"] == "completed"

    # The tracking's commits are nothing that anybody waits for.
    code, text = world.run("execute", "7.1", "--yes")
    assert code == 0, text
    assert "Nothing had to be done." in text
