"""What the lab puts into its cluster: the templates in ``manifests/``, applied in file order."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import yaml

from lakestead.kube.client import Api, ApiError
from lakestead.kube.wait import wait_for
from lakestead.lab import ceph, charts, images, network, secrets
from lakestead.lab.paths import lab_dir

_FOLDER = Path(__file__).with_name("manifests")
_FIRST = ("Namespace", "CustomResourceDefinition", "StorageClass")


@dataclass(frozen=True, slots=True)
class Manifest:
    """One template, rendered.

    :param name: of the file, without number and endings: ``storage``.
    :param images: components whose images it runs.
    """

    name: str
    objects: tuple[dict[str, Any], ...]
    images: frozenset[str]

    def apply(self, api: Api) -> None:
        """Apply every object, namespaces and definitions first."""
        for obj in sorted(self.objects, key=lambda obj: obj["kind"] not in _FIRST):
            api.apply(obj, field_manager="lakestead-lab", force=True)  # the lab owns its own parts
            if obj["kind"] == "CustomResourceDefinition":
                wait_for(f"{obj['metadata']['name']} to be served", _served(api, obj), timeout=30)

    @property
    def workloads(self) -> list[dict[str, Any]]:
        """Its objects that have something to wait for."""
        waited = ("Deployment", "StatefulSet", "PersistentVolumeClaim", "CephObjectStore")
        return [obj for obj in self.objects if obj["kind"] in waited]


def _served(api: Api, definition: Mapping[str, Any]) -> Callable[[], tuple[bool, str]]:
    """Whether the API serves a kind by now: it takes a moment after its definition was made."""
    spec = definition["spec"]
    path = f"/apis/{spec['group']}/{spec['versions'][0]['name']}"

    def check() -> tuple[bool, str]:
        try:
            there = [resource["name"] for resource in api.raw("GET", path)["resources"]]
        except ApiError as error:
            return False, str(error)
        return spec["names"]["plural"] in there, f"{path} has {', '.join(there)}"

    return check


class _Used(Mapping[str, str]):
    """Image references by component, noting which were asked for."""

    def __init__(self) -> None:
        self.components: set[str] = set()

    def __getitem__(self, component: str) -> str:
        self.components.add(component)
        return images.reference(component)

    def __iter__(self) -> Iterator[str]:
        return iter(self.components)

    def __len__(self) -> int:
        return len(self.components)


@functools.cache
def manifests() -> tuple[Manifest, ...]:
    """All manifests in order, rendered with this lab's addresses, images and passwords."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER), undefined=jinja2.StrictUndefined
    )
    return tuple(_render(environment, file.name) for file in sorted(_FOLDER.glob("[0-9]*.yaml.j2")))


def _render(environment: jinja2.Environment, file: str) -> Manifest:
    used = _Used()
    text = environment.get_template(file).render(
        images=used,
        address=network.SERVICE_ADDRESSES,
        node_name=network.NODE_NAME,
        data_dir=str(lab_dir() / "data"),
        charts=str(charts.repository()),
        secrets=secrets.secret,
        cephx_key=ceph.cephx_key,
        stable_uuid=ceph.stable_uuid,
    )
    objects = tuple(obj for obj in yaml.safe_load_all(text) if obj)
    name = file.removesuffix(".yaml.j2").split("-", 1)[1]
    return Manifest(name, objects, frozenset(used.components))
