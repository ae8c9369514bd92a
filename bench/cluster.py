"""The API server that is measured against: kinds it serves, objects put in, counted and taken out."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bench.floor import Client, Request
from lakestead.lab import flux_manifests
from lakestead.lab.pki import Authority
from tests.api_server import ADMIN, ApiServer

PAGE = 500
_CRDS = ("helmreleases.helm.toolkit.fluxcd.io", "kustomizations.kustomize.toolkit.fluxcd.io")

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """Where objects of a kind live."""

    prefix: str
    plural: str
    namespaced: bool

    def path(self, namespace: str = "", name: str = "") -> str:
        """Of one object, or of all everywhere."""
        parts = [self.prefix]
        if self.namespaced and namespace:
            parts += ["namespaces", namespace]
        return "/".join([*parts, self.plural, *([name] if name else [])])


class Cluster:
    """A running API server with the definitions of the custom resources in it."""

    def __init__(self, server: ApiServer) -> None:
        self.server = server
        authority = Authority(server.folder / "pki")
        admin = authority.issue("admin", user=ADMIN, groups=("system:masters",))
        self.credentials = [
            str(file) for file in (authority.files.certificate, admin.certificate, admin.key)
        ]
        self.client = Client(server.url, *self.credentials)
        self._define()
        self._kinds = self._discover()
        self._wait_served()

    @classmethod
    @contextmanager
    def running(cls) -> Iterator[Cluster]:
        """A fresh one, ended afterwards."""
        with ApiServer.running() as server:
            yield cls(server)

    def server_cpu(self) -> float:
        """Seconds of processor time that kube-apiserver has used."""
        fields = Path(f"/proc/{self.server.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def kinds(self, objects: Sequence[Object]) -> list[Kind]:
        """The kinds of ``objects``, each once."""
        return list(dict.fromkeys(self._kind(obj) for obj in objects))

    def pages(self, objects: Sequence[Object]) -> int:
        """Requests that listing these kinds takes, in pages of 500."""
        lists = self._lists(self.kinds(objects))
        return sum(max(1, -(-len(items) // PAGE)) for items in lists)

    def missing(self, objects: Sequence[Object]) -> list[str]:
        """The paths of those of ``objects`` that are not there."""
        there = {
            kind.path(item["metadata"].get("namespace", ""), item["metadata"]["name"])
            for kind in self.kinds(objects)
            for item in self._items(kind)
        }
        wanted = (self._kind(obj).path(*_name(obj)) for obj in objects)
        return [path for path in wanted if path not in there]

    def empty(self, objects: Sequence[Object]) -> None:
        """Delete ``objects``, and what kapp keeps of its own in namespace default.

        There are no controllers here: what they would do is done too.
        """
        for _ in range(3):
            for stage in self._deletion(objects):
                for request, (status, content) in zip(stage, self.client.send(stage), strict=True):
                    if status != 404 and not 200 <= status < 300:
                        raise RuntimeError(f"{request[:2]}: {status} {content[:500]!r}")
            gone = set(self.missing(objects))
            left = [
                path for obj in objects if (path := self._kind(obj).path(*_name(obj))) not in gone
            ]
            if not left:
                return
        raise RuntimeError(f"{len(left)} objects could not be deleted, such as {left[:5]}")

    def _deletion(self, objects: Sequence[Object]) -> list[list[Request]]:
        """Finalizers away, then all but namespaces, then namespaces, then their finalizers."""
        kinds = self.kinds(objects)
        theirs = {_name(obj) for obj in objects}
        spaces = {obj["metadata"]["name"] for obj in objects if obj["kind"] == "Namespace"}
        stages: list[list[Request]] = [[], [], [], []]
        for kind, items in zip(kinds, self._lists(kinds), strict=True):
            for item in items:
                metadata = item["metadata"]
                name, namespace = metadata["name"], metadata.get("namespace", "")
                kapps = namespace == "default" and kind.plural == "configmaps"
                if not (namespace in spaces or kapps or (namespace, name) in theirs):
                    continue
                path = kind.path(namespace, name)
                if metadata.get("finalizers"):
                    stages[0].append(("PATCH", path, {"metadata": {"finalizers": None}}))
                delete: Request = ("DELETE", f"{path}?propagationPolicy=Background", None)
                if kind.plural == "namespaces":
                    free = {"metadata": {"name": name}, "spec": {"finalizers": []}}
                    body = {"apiVersion": "v1", "kind": "Namespace", **free}
                    stages[2].append(delete)
                    stages[3].append(("PUT", f"{path}/finalize", body))
                else:
                    stages[1].append(delete)
        return stages

    def floor(self, objects: Sequence[Object], *, apply: bool) -> list[list[Request]]:
        """Discovery, one LIST a kind, and with ``apply`` one PATCH an object, namespaces first."""
        discovery: list[Request] = [("GET", "/api", None), ("GET", "/apis", None)]
        lists: list[Request] = [
            ("GET", f"{kind.path()}?limit={PAGE}", None) for kind in self.kinds(objects)
        ]
        if not apply:
            return [discovery, lists]
        first = [obj for obj in objects if obj["kind"] == "Namespace"]
        rest = [obj for obj in objects if obj["kind"] != "Namespace"]
        query = "?fieldManager=floor&fieldValidation=Strict&force=true"
        patches: list[list[Request]] = [
            [("PATCH", self._kind(obj).path(*_name(obj)) + query, obj) for obj in part]
            for part in (first, rest)
        ]
        return [discovery, lists, *patches]

    def _kind(self, obj: Object) -> Kind:
        return self._kinds[obj["apiVersion"], obj["kind"]]

    def _items(self, kind: Kind) -> list[Object]:
        ((_, content),) = self.client.send([("GET", kind.path(), None)])
        return list(json.loads(content)["items"])

    def _lists(self, kinds: Sequence[Kind]) -> list[list[Object]]:
        return [self._items(kind) for kind in kinds]

    def _define(self) -> None:
        documents = yaml.load_all(flux_manifests.ensure().read_bytes(), yaml.CSafeLoader)
        wanted = [obj for obj in documents if obj["metadata"]["name"] in _CRDS]
        for obj in wanted:
            obj["metadata"].pop("labels", None)
        path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
        for status, content in self.client.send([("POST", path, obj) for obj in wanted]):
            if status >= 400:
                raise RuntimeError(f"{status} {content[:500]!r}")

    def _discover(self) -> dict[tuple[str, str], Kind]:
        kinds: dict[tuple[str, str], Kind] = {}
        needed = {name.split(".")[0] for name in _CRDS}
        while not needed <= {kind.plural for kind in kinds.values()}:
            for _, content in self.client.send([("GET", "/api", None), ("GET", "/apis", None)]):
                for group in json.loads(content)["items"]:
                    name = group["metadata"].get("name")
                    for version in group["versions"]:
                        kinds.update(_served(name, version))
        return kinds

    def _wait_served(self) -> None:
        """Until the custom resources can be listed, which is a little after they are discovered."""
        names = {name.split(".")[0] for name in _CRDS}
        lists: list[Request] = [
            ("GET", kind.path(), None) for kind in self._kinds.values() if kind.plural in names
        ]
        while any(status >= 400 for status, _ in self.client.send(lists)):
            time.sleep(0.1)


def load(folder: Path) -> list[Object]:
    """The objects of a folder of manifests, in the files' order."""
    return [
        obj
        for file in sorted(folder.glob("*.yaml"))
        for obj in yaml.load_all(file.read_bytes(), yaml.CSafeLoader)
    ]


def _served(group: str | None, version: Object) -> Iterator[tuple[tuple[str, str], Kind]]:
    api_version = f"{group}/{version['version']}" if group else version["version"]
    prefix = f"/apis/{api_version}" if group else f"/api/{api_version}"
    for resource in version["resources"]:
        kind = Kind(prefix, resource["resource"], resource["scope"] == "Namespaced")
        yield (api_version, resource["responseKind"]["kind"]), kind


def _name(obj: Object) -> tuple[str, str]:
    return obj["metadata"].get("namespace", ""), obj["metadata"]["name"]
