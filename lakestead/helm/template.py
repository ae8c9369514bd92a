"""Render a chart as a release of a cluster: ``helm template``."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lakestead.helm.chart import environment, uses
from lakestead.helm.manifests import objects
from lakestead.helm.program import Program
from lakestead.kube.client import Api
from lakestead.kube.discovery import ACCEPT

HOOK = "helm.sh/hook"
LOOKUP = r"lookup"
GENERATORS = r"rand\w+|gen[A-Z]\w+|shuffle|uuidv4|now|htpasswd|bcrypt|derivePassword|encryptAES"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a chart can ask about the cluster.

    + version: of Kubernetes, ``v1.36.3``
    + api_versions: ``apps/v1`` and ``apps/v1/Deployment``, of all that is served
    """

    version: str
    api_versions: Sequence[str]

    @classmethod
    def of(cls, api: Api) -> Capabilities:
        """Those of a cluster; three requests."""
        served: list[str] = []
        for path in ("/api", "/apis"):
            answer = api.raw("GET", path, headers={"Accept": ACCEPT})
            for group in answer.get("items") or []:
                name = (group.get("metadata") or {}).get("name")
                for version in group.get("versions") or []:
                    served += _names(name, version)
        return cls(str(api.raw("GET", "/version")["gitVersion"]), served)


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a chart makes of values.

    + objects: the release's
    + hooks: objects that are made at some moment of an install or upgrade, and not kept in the release
    + crds: those that are in the chart's ``crds`` folder
    + random: texts in them that another rendering would not have: generated passwords, certificates, times
    """

    objects: list[dict[str, Any]]
    hooks: list[dict[str, Any]]
    crds: list[dict[str, Any]]
    random: list[str] = field(repr=False, default_factory=list)


@dataclass(frozen=True, slots=True)
class Order:
    """One rendering.

    + chart: its folder
    + values: merged; they reach Helm in a file of mode 0600, never as an argument
    + upgrade: whether the release is there already
    + skip_schema: do not hold the values against the chart's schema
    """

    chart: Path
    name: str
    namespace: str
    values: Mapping[str, Any] = field(repr=False)
    upgrade: bool = False
    skip_schema: bool = False


def render(
    helm: Program, order: Order, capabilities: Capabilities, api: Api, scratch: Path
) -> Rendered:
    """What the release would consist of; raises ProgramFailed with Helm's message."""
    file = scratch / "values.json"
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        json.dump(order.values, out)
    settings = environment(scratch)
    flags = ["--namespace", order.namespace, "--values", str(file), "--skip-tests"]
    flags += ["--is-upgrade"] * order.upgrade + ["--skip-schema-validation"] * order.skip_schema
    if uses(order.chart, LOOKUP):
        flags += ["--dry-run=server", "--take-ownership", "--disable-openapi-validation"]
        flags += ["--kube-context", api.access.context]
        settings["KUBECONFIG"] = api.access.kubeconfig
    else:
        flags += ["--kube-version", capabilities.version]
        flags += ["--api-versions", ",".join(capabilities.api_versions)]
    where = f"chart {order.chart.name}"
    command = ["template", order.name, str(order.chart), *flags]
    rendered = objects(helm.run(command, environment=settings), where)
    random: list[str] = []
    if uses(order.chart, GENERATORS):
        again = objects(helm.run(command, environment=settings), where)
        random = [
            text
            for first, second in zip(rendered, again, strict=False)
            for text in _other(first, second)
        ]
    crds = ""
    if any(order.chart.rglob("crds/*")) or any(order.chart.glob("charts/*.tgz")):
        crds = helm.run(["show", "crds", str(order.chart)], environment=settings)
    return Rendered(
        [obj for obj in rendered if HOOK not in _annotations(obj)],
        [obj for obj in rendered if HOOK in _annotations(obj)],
        [obj for obj in objects(crds, where) if obj["kind"] == "CustomResourceDefinition"],
        random,
    )


def _other(first: Any, second: Any) -> Iterator[str]:
    """The texts of ``first`` that are others in ``second``."""
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        for key in first.keys() & second.keys():
            yield from _other(first[key], second[key])
    elif isinstance(first, list) and isinstance(second, list):
        for one, other in zip(first, second, strict=False):
            yield from _other(one, other)
    elif first != second:
        yield str(first)


def _annotations(obj: Mapping[str, Any]) -> Mapping[str, Any]:
    return obj["metadata"].get("annotations") or {}


def _names(group: str | None, version: Mapping[str, Any]) -> list[str]:
    name = f"{group}/{version['version']}" if group else str(version["version"])
    kinds = {
        (resource.get("responseKind") or {}).get("kind")
        for resource in version.get("resources") or []
    }
    return [name, *(f"{name}/{kind}" for kind in sorted(filter(None, kinds)))]
