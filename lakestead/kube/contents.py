"""What a namespace or a CustomResourceDefinition holds, and what would go with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lakestead.kube.client import Api, ApiError, ObjectRef
from lakestead.kube.discovery import ACCEPT

# Made by Kubernetes for every namespace, or by controllers for what is in it.
NOBODYS = ("Event", "EndpointSlice", "Endpoints", "Lease", "PodMetrics")
EVERYWHERE = (("ConfigMap", "kube-root-ca.crt"), ("ServiceAccount", "default"))


@dataclass(frozen=True, slots=True)
class Held:
    """An object that is in something."""

    ref: ObjectRef
    labels: Mapping[str, str]


def namespace_contents(api: Api, namespace: str) -> list[Held]:
    """The objects in a namespace that somebody made: without those that others own."""
    found: dict[str, Held] = {}
    for api_version, plural, kind in _namespaced_kinds(api):
        prefix = "/apis/" if "/" in api_version else "/api/"
        try:
            answer = api.raw("GET", f"{prefix}{api_version}/namespaces/{namespace}/{plural}")
        except ApiError as error:
            if error.status in (404, 405):
                continue
            raise
        for item in answer.get("items") or []:
            metadata = item["metadata"]
            if metadata.get("ownerReferences") or (kind, metadata["name"]) in EVERYWHERE:
                continue
            # One object may be served by two groups.
            ref = ObjectRef(api_version, kind, metadata["name"], namespace)
            found.setdefault(metadata["uid"], Held(ref, metadata.get("labels") or {}))
    return list(found.values())


def instances(api: Api, definition: Mapping[str, Any]) -> list[Held]:
    """The objects of the kind that a CustomResourceDefinition makes."""
    spec = definition["spec"]
    version = next(item["name"] for item in spec["versions"] if item.get("served"))
    kind = spec["names"]["kind"]
    return [
        Held(ObjectRef.of(item), item["metadata"].get("labels") or {})
        for item in api.list(f"{spec['group']}/{version}", kind)
    ]


def _namespaced_kinds(api: Api) -> Iterator[tuple[str, str, str]]:
    """Of every group its preferred version: apiVersion, plural, kind."""
    for path in ("/api", "/apis"):
        answer = api.raw("GET", path, headers={"Accept": ACCEPT})
        for group in answer.get("items") or []:
            name = group.get("metadata", {}).get("name") or ""
            for version in (group.get("versions") or [])[:1]:
                api_version = f"{name}/{version['version']}" if name else version["version"]
                for resource in version.get("resources") or []:
                    kind = (resource.get("responseKind") or {}).get("kind")
                    if (
                        kind
                        and kind not in NOBODYS
                        and resource["scope"] == "Namespaced"
                        and "list" in resource.get("verbs", ())
                    ):
                        yield api_version, resource["resource"], kind
