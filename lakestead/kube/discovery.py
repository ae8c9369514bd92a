"""Which kinds the API server serves, and under which path.

Aggregated discovery (Kubernetes 1.26 and newer, KEP-3352) answers in two requests; a kind that it
did not have is asked for in its own group version, since a CRD may have been made meanwhile.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

ACCEPT = ",".join(
    [
        "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
        "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList",
        "application/json",
    ]
)

Get = Callable[[str, dict[str, str]], dict[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Resource:
    """Where objects of one kind live: ``Resource("apps/v1", "deployments", namespaced=True)``."""

    api_version: str
    plural: str
    namespaced: bool

    def path(self, namespace: str | None = None, name: str | None = None) -> str:
        """The URL path of one object, or of all (in ``namespace``, or everywhere)."""
        prefix = "/apis/" if "/" in self.api_version else "/api/"
        parts = [prefix + self.api_version]
        if self.namespaced and namespace:
            parts += ["namespaces", namespace]
        parts.append(self.plural)
        if name:
            parts.append(name)
        return "/".join(parts)


class Discovery:
    """The kinds of one API server, asked for when first needed.

    + get: ``get(path, headers)`` answers the parsed JSON, or None for 404
    """

    def __init__(self, get: Get) -> None:
        self._get = get
        self._resources: dict[tuple[str, str], Resource] = {}
        self._loaded = False
        self._loading = threading.Lock()

    def find(self, api_version: str, kind: str) -> Resource | None:
        """Where ``kind`` lives, or None where the server does not serve it."""
        self.load()
        found = self._resources.get((api_version, kind))
        if found is None:
            self._load_group_version(api_version)
            found = self._resources.get((api_version, kind))
        return found

    def preferred(self, group: str, kind: str) -> str | None:
        """The apiVersion that comes first for ``kind``; None where the server does not serve it."""
        self.load()
        for api_version, known in self._resources:  # in the server's order of preference
            if known == kind and (api_version.rpartition("/")[0]) == group:
                return api_version
        return None

    def load(self) -> None:
        """Ask for all kinds, unless that was done."""
        with self._loading:
            if not self._loaded:
                with ThreadPoolExecutor(2) as pool:
                    for answer in pool.map(self._get_aggregated, ("/api", "/apis")):
                        self._add_groups(answer)
                self._loaded = True

    def _get_aggregated(self, path: str) -> dict[str, Any]:
        return self._get(path, {"Accept": ACCEPT}) or {}

    def _add_groups(self, answer: dict[str, Any]) -> None:
        for group in answer.get("items") or []:
            group_name = (group.get("metadata") or {}).get("name") or ""
            for version in group.get("versions") or []:
                self._add_aggregated(group_name, version)

    def _add_aggregated(self, group: str, version: dict[str, Any]) -> None:
        api_version = f"{group}/{version['version']}" if group else version["version"]
        for resource in version.get("resources") or []:
            # A stale entry has no responseKind: its aggregated API server is away.
            kind = (resource.get("responseKind") or {}).get("kind")
            if kind:
                self._resources.setdefault(
                    (api_version, kind),
                    Resource(api_version, resource["resource"], resource["scope"] == "Namespaced"),
                )

    def _load_group_version(self, api_version: str) -> None:
        path = ("/apis/" if "/" in api_version else "/api/") + api_version
        for resource in (self._get(path, {}) or {}).get("resources") or []:
            if "/" not in resource["name"]:
                self._resources[api_version, resource["kind"]] = Resource(
                    api_version, resource["name"], bool(resource["namespaced"])
                )
