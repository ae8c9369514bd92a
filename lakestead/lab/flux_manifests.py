"""Flux's install manifests, put together from what its controllers' Go modules ship.

Each controller's module has its CRDs, deployment and roles in ``config/``, written for kustomize.
Upstream's own installer puts them together as is done here: one namespace, a service account a
controller, and cluster-admin for the two that apply what users write.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from lakestead.lab import images
from lakestead.lab.cache import Cache, Entry
from lakestead.lab.golang import go
from lakestead.lab.versions import versions

NAMESPACE = "flux-system"
CONTROLLERS = ("source-controller", "kustomize-controller", "helm-controller")

_RECONCILERS = ("kustomize-controller", "helm-controller")
_FILE = "flux-install.yaml"
_LABELS = {"app.kubernetes.io/part-of": "flux", "app.kubernetes.io/instance": NAMESPACE}
_RBAC = "rbac.authorization.k8s.io"
_RECIPE = 1  # raised when what is put together here changes

Object = dict[str, Any]


def manifests_file() -> Path:
    """The install manifests; known without a build, there once :func:`ensure` was called."""
    return _entry().path / _FILE


def ensure() -> Path:
    """Put the install manifests together unless they are in the cache."""
    _entry().ensure(_write)
    return manifests_file()


def assemble(folders: dict[str, Path]) -> list[Object]:
    """The objects that install the controllers whose ``config/`` folders are given, by name."""
    objects: list[Object] = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
    ]
    for controller, folder in folders.items():
        objects += _read(folder / "crd" / "bases")
        objects += _rbac(controller, folder / "rbac")
        objects += [_placed(controller, obj) for obj in _read(folder / "manager")]
    for obj in objects:
        obj["metadata"].setdefault("labels", {}).update(_LABELS)
    return objects


def _entry() -> Entry:
    wanted = {c: [_version(c), images.reference(f"flux-{c}")] for c in CONTROLLERS}
    recipe = json.dumps([_RECIPE, wanted])
    return Cache().entry("flux-manifests", _version("source-controller"), recipe.encode())


def _version(controller: str) -> str:
    return str(versions()["image"][f"flux-{controller}"]["version"])


def _write(folder: Path) -> None:
    found = {}
    for controller in CONTROLLERS:
        module = f"github.com/fluxcd/{controller}@v{_version(controller)}"
        found[controller] = Path(json.loads(go("mod", "download", "-json", module))["Dir"])
    objects = assemble({controller: path / "config" for controller, path in found.items()})
    (folder / _FILE).write_text(yaml.safe_dump_all(objects, sort_keys=False))


def _read(folder: Path) -> list[Object]:
    """All objects in a folder, but for kustomize's own."""
    files = (file for file in sorted(folder.glob("*.yaml")) if file.name != "kustomization.yaml")
    return [obj for file in files for obj in yaml.safe_load_all(file.read_text()) if obj]


def _placed(controller: str, obj: Object) -> Object:
    obj["metadata"]["namespace"] = NAMESPACE
    if obj["kind"] == "Deployment":
        pod = obj["spec"]["template"]["spec"]
        pod["serviceAccountName"] = controller
        (container,) = pod["containers"]
        container["image"] = images.reference(f"flux-{controller}")
        container["imagePullPolicy"] = "Never"
        container["resources"]["requests"] = {"cpu": "50m", "memory": "64Mi"}
    return obj


def _rbac(controller: str, folder: Path) -> Iterator[Object]:
    account = {"kind": "ServiceAccount", "name": controller, "namespace": NAMESPACE}
    yield {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": controller, "namespace": NAMESPACE},
    }
    for file, kind in (("role.yaml", "ClusterRole"), ("leader_election_role.yaml", "Role")):
        for role in yaml.safe_load_all((folder / file).read_text()):
            if not role or role["kind"] != kind:
                continue
            name = f"{controller}-{role['metadata']['name']}"
            role["metadata"] = {"name": name}
            if kind == "Role":
                role["metadata"]["namespace"] = NAMESPACE
            yield role
            yield _binding(name, kind, account)
    if controller in _RECONCILERS:
        yield _binding(f"{controller}-reconciler", "ClusterRole", account, role="cluster-admin")


def _binding(name: str, kind: str, account: Object, role: str = "") -> Object:
    metadata: Object = {"name": name}
    if kind == "Role":
        metadata["namespace"] = NAMESPACE
    return {
        "apiVersion": f"{_RBAC}/v1",
        "kind": f"{kind}Binding",
        "metadata": metadata,
        "roleRef": {"apiGroup": _RBAC, "kind": kind, "name": role or name},
        "subjects": [account],
    }
