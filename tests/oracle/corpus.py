"""What the oracle is asked about: manifests by hand, of other projects, and made from schemas."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.oracle import schema, sources

Object = dict[str, Any]
HERE = Path(__file__).parent
TRIES = 40  # seeds for one kind of custom resource, until the server takes enough of them
CLUSTER_WIDE = ("Cluster", "MutatingWebhook", "ValidatingWebhook")  # kinds that charts have
RESOURCES = 6  # custom resources for each version of a kind


@dataclass(frozen=True, slots=True)
class Base:
    """A manifest to start from, and where it comes from: ``builtin/pod.yaml``."""

    source: str
    manifest: Object

    @property
    def kind(self) -> str:
        """``apps/v1 Deployment``."""
        return f"{self.manifest['apiVersion']} {self.manifest['kind']}"


def by_hand() -> Iterator[Base]:
    """Kubernetes' own kinds with awkward fields, one a file."""
    for file in sorted((HERE / "builtin").glob("*.yaml")):
        for manifest in sources.read(file.read_text()):
            yield Base(f"builtin/{file.name}", manifest)


def awkward_definitions() -> list[Object]:
    """Definitions of our own."""
    files = sorted((HERE / "definitions").glob("*.yaml"))
    return [obj for file in files for obj in sources.read(file.read_text())]


def definitions(found: list[Object]) -> Iterator[Base]:
    """The CustomResourceDefinitions themselves."""
    for definition in found:
        yield Base(f"definition {definition['metadata']['name']}", definition)


def charts() -> Iterator[Base]:
    """The objects of the charts, in the namespace that they are installed into."""
    for manifest in sources.charts():
        if not manifest["kind"].startswith(CLUSTER_WIDE):
            manifest["metadata"].setdefault("namespace", "oracle")
        yield Base("chart", manifest)


def custom_resources(found: list[Object]) -> Iterator[Base]:
    """Custom resources of every served version, more than are needed: the server refuses some."""
    for definition in found:
        for version in definition["spec"]["versions"]:
            if not version["served"]:
                continue
            for seed in range(TRIES):
                try:
                    made = schema.custom_resource(definition, version, seed)
                except schema.Refused:
                    continue
                yield Base(f"made from its schema, seed {seed}", made)


def named(manifest: Object, suffix: str) -> Object:
    """The same object under a name of its own, so that no two scenarios meet."""
    kind, metadata = manifest["kind"], manifest["metadata"]
    if kind == "CustomResourceDefinition":
        spec = manifest["spec"]
        group = f"{suffix}.{spec['group']}"
        renamed = _named(manifest, f"{spec['names']['plural']}.{group}")
        return {**renamed, "spec": {**spec, "group": group}}
    if kind == "APIService":
        spec = manifest["spec"]
        group = f"{suffix}.{spec['group']}"
        return {
            **_named(manifest, f"{spec['version']}.{group}"),
            "spec": {**spec, "group": group},
        }
    return _named(manifest, f"{metadata['name']}-{suffix}"[-63:].lstrip("-."))


def _named(manifest: Object, name: str) -> Object:
    return {**manifest, "metadata": {**manifest["metadata"], "name": name}}
