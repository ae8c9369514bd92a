"""What Flux will make of a commit to the homelab repo, before it is pushed.

From the root Kustomization on, each one that the commit touches is built from the files as they would
be, and every object is shown to the API server as Flux's controller would apply it. A HelmRelease's
chart is rendered with its values. What cannot be told is said, with the reason.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from lakestead.errors import LakesteadError
from lakestead.flux import sync
from lakestead.flux.kinds import API_VERSIONS, flux_ref
from lakestead.flux.preview_charts import chart_touched, find_chart
from lakestead.flux.preview_inventory import pruned
from lakestead.flux.preview_kustomize import Object, build, folder_of
from lakestead.flux.preview_objects import Cluster, Planned, refused, said, unknown
from lakestead.flux.preview_release import Tools, preview_release
from lakestead.flux.preview_secrets import Secrets
from lakestead.flux.preview_substitute import NotKnownHere
from lakestead.flux.preview_tree import Tree, Trees, trees
from lakestead.gitops.repository import HomelabRepo, Snapshot
from lakestead.helm import manifests
from lakestead.helm.program import Program, ProgramMissing
from lakestead.helm.template import Capabilities
from lakestead.kube.client import Api, ApiError, ApiUnreachable, ObjectRef
from lakestead.plan.change import Change
from lakestead.settings.flux import Flux

MANAGER = "kustomize-controller"
GROUP = "kustomize.toolkit.fluxcd.io"
BUILDS = 2  # at a time; each is a process
RELEASES = 2
PARALLEL = 8


def preview(
    api: Api,
    repo: HomelabRepo,
    snapshot: Snapshot,
    writes: Mapping[str, bytes | None],
    settings: Flux,
) -> list[Change]:
    """What Flux would create, update, delete and leave because of a commit.

    + snapshot: the branch before the commit
    + writes: path → content, None where the file is deleted

    Raises LakesteadError where the commit would break a Kustomization, or make an object that the API
    server refuses. Where something else prevents the preview, a change says so.
    """
    if not writes:
        return []
    try:
        cluster = Cluster(api)
        source = cluster.live(
            flux_ref("GitRepository", settings.git_repository, settings.namespace)
        )
        ignore = ((source or {}).get("spec") or {}).get("ignore")
        if api.served(API_VERSIONS["Kustomization"], "Kustomization") is None:
            cluster.comes(_flux_to_come(settings))
        with trees(repo, snapshot, writes, ignore) as both:
            return _Preview(cluster, settings, both).run(f"{repo.url}, branch {repo.branch}")
    except (ApiError, ApiUnreachable) as error:
        return [
            unknown("Kustomization", f"{settings.namespace}/{settings.kustomization}", said(error))
        ]


@dataclass(slots=True)
class _Step:
    """One Kustomization, looked at.

    + children: Kustomizations to look at next
    + releases: HelmReleases that the commit touches
    """

    changes: list[Change] = field(default_factory=list)
    children: list[Object] = field(default_factory=list)
    releases: list[Object] = field(default_factory=list)
    refused: list[LakesteadError] = field(default_factory=list)


class _Preview:
    def __init__(self, cluster: Cluster, flux: Flux, both: Trees) -> None:
        self.cluster = cluster
        self.flux = flux
        self.trees = both
        self._known = cluster.every(API_VERSIONS["Kustomization"], "Kustomization")
        self._count = 0
        self._lock = threading.Lock()

    def run(self, where: str) -> list[Change]:
        """The changes; ``where`` is for an error message."""
        name = (self.flux.namespace, self.flux.kustomization)
        root = next((obj for obj in self._known if _name(obj) == name), None)
        following = [root or sync.root_kustomization(self.flux)]
        if not self._ours(following[0]):
            why = "it does not apply the GitRepository of the settings (flux.git_repository)"
            return [unknown("Kustomization", "/".join(name), why)]
        seen = {_name(obj) for obj in following}
        steps: list[_Step] = []
        try:
            with ThreadPoolExecutor(BUILDS) as pool:
                while following:
                    done = list(pool.map(self._look, following))
                    steps += done
                    following = []
                    for child in (child for step in done for child in step.children):
                        if _name(child) not in seen:
                            seen.add(_name(child))
                            following.append(child)
        except ProgramMissing as error:
            return [unknown("Kustomization", "/".join(name), said(error))]
        changes = [change for step in steps for change in step.changes]
        refused = [error for step in steps for error in step.refused]
        found, more = self._releases([obj for step in steps for obj in step.releases], changes)
        _refuse(refused + more, where)
        return changes + found

    @cached_property
    def _kubectl(self) -> Program:
        return Program.find("kubectl", self.flux.kubectl, "flux.kubectl")

    @cached_property
    def _helm(self) -> Program:
        return Program.find("helm", self.flux.helm, "flux.helm")

    @cached_property
    def _capabilities(self) -> Capabilities:
        return Capabilities.of(self.cluster.api)

    def _look(self, kustomization: Object) -> _Step:
        """One Kustomization as it would be."""
        namespace, name = _name(kustomization)
        full_name = f"{namespace}/{name}"
        spec = kustomization["spec"]
        live = self.cluster.live(ObjectRef.of(kustomization))
        if not self._ours(kustomization):
            return _Step()
        touched = self.trees.touched(folder_of(spec), *(spec.get("components") or []))
        if live is not None and not touched and not _differs(live, kustomization):
            return _Step(children=self._children(live))
        if spec.get("suspend"):
            why = "it is suspended: Flux leaves alone what the commit changes there"
            idle = Change("Kustomization", full_name, "unchanged", why=why)
            return _Step([idle], self._children(live) if live else [])
        if spec.get("kubeConfig"):
            return _Step([unknown("Kustomization", full_name, "it applies to another cluster")])
        try:
            objects, texts = self._build(self.trees.after, kustomization)
        except ProgramMissing:
            raise
        except LakesteadError as error:
            return self._broken(kustomization, live, error)
        return self._plan(kustomization, live, objects, Secrets(texts))

    def _build(self, tree: Tree, kustomization: Object) -> tuple[list[Object], list[str]]:
        with self._lock:
            self._count += 1
            scratch = self.trees.scratch / f"kustomization-{self._count}"
        objects, texts = build(self._kubectl, tree, kustomization, scratch, self.cluster.read)
        metadata = kustomization["metadata"]
        common = kustomization["spec"].get("commonMetadata") or {}
        for obj in objects:
            own = obj["metadata"]
            own["labels"] = {
                **(own.get("labels") or {}),
                f"{GROUP}/name": metadata["name"],
                f"{GROUP}/namespace": metadata["namespace"],
                **(common.get("labels") or {}),
            }
            if common.get("annotations"):
                own["annotations"] = {**(own.get("annotations") or {}), **common["annotations"]}
        return objects, texts

    def _plan(
        self, kustomization: Object, live: Object | None, objects: list[Object], secrets: Secrets
    ) -> _Step:
        spec = kustomization["spec"]
        why = f"by Flux, Kustomization {'/'.join(_name(kustomization))}"
        self.cluster.comes(objects)

        def plan(obj: Object) -> Planned:
            return self._object(obj, spec, why, secrets)

        with ThreadPoolExecutor(PARALLEL) as pool:
            planned = list(pool.map(plan, objects))
        changes = [item.change for item in planned]
        if spec.get("prune") and live is not None:
            changes += pruned(self.cluster, live, map(ObjectRef.of, objects), why)
        refused = [item for item in planned if item.refused is not None]
        children = [obj for obj in objects if _is(obj, "Kustomization")]
        releases = [
            item.obj
            for item in planned
            if _is(item.obj, "HelmRelease") and (item.change.pending or self._affects(item.obj))
        ]
        return _Step(changes, children, releases, self._caused(refused, kustomization, live))

    def _object(self, obj: Object, spec: Mapping[str, Any], why: str, secrets: Secrets) -> Planned:
        ref = ObjectRef.of(obj)
        if ref.namespace is None and self.cluster.namespaced(obj):
            error = LakesteadError(f"{ref} names no namespace, and Flux gives it none")
            return Planned(unknown(ref.kind, ref.full_name, error.what), obj, error)
        if "sops" in obj:
            if not spec.get("decryption"):
                error = LakesteadError(
                    f"{ref} is encrypted, and its Kustomization decrypts nothing"
                )
                return Planned(unknown(ref.kind, ref.full_name, error.what), obj, error)
            return Planned(
                unknown(ref.kind, ref.full_name, f"{why}; its values are encrypted"), obj
            )
        try:
            live = self.cluster.live(ref)
        except ApiError as error:
            if error.status != 403:
                raise
            return refused(obj, why, secrets, error, None)
        marks = [
            found["metadata"].get(key) or {}
            for found in (obj, live)
            if found is not None
            for key in ("labels", "annotations")
        ]
        for mark, value, applies in (
            ("reconcile", "disabled", True),
            ("ssa", "Ignore", True),
            ("ssa", "IfNotPresent", live is not None),
        ):
            if applies and any(found.get(f"{GROUP}/{mark}") == value for found in marks):
                left = f"{why}; left alone, since it says {GROUP}/{mark}: {value}"
                return Planned(Change(ref.kind, ref.full_name, "unchanged", why=left), obj)
        force = spec.get("force") or any(f.get(f"{GROUP}/force") == "enabled" for f in marks)
        return self.cluster.plan(obj, MANAGER, why, secrets, force=bool(force))

    def _broken(self, kustomization: Object, live: Object | None, error: LakesteadError) -> _Step:
        """A Kustomization that cannot be built: the commit's fault, if that was not so before."""
        full_name = "/".join(_name(kustomization))
        if isinstance(error, NotKnownHere):
            return _Step([unknown("Kustomization", full_name, said(error))])
        try:
            self._build(self.trees.before, live or kustomization)
        except LakesteadError as before:
            if said(before) == said(error):
                return _Step([unknown("Kustomization", full_name, said(error))])
        broken = LakesteadError(f"Kustomization {full_name} could not be built", found=str(error))
        return _Step(refused=[broken])

    def _caused(
        self, refused: list[Planned], kustomization: Object, live: Object | None
    ) -> list[LakesteadError]:
        """The refusals of objects that the commit makes or changes."""
        if not refused:
            return []
        try:
            before, _ = self._build(self.trees.before, live or kustomization)
        except LakesteadError:
            before = []
        there = {ObjectRef.of(obj): obj for obj in before}
        return [
            item.refused
            for item in refused
            if item.refused is not None and there.get(item.ref) != item.obj
        ]

    def _releases(
        self, touched: list[Object], changes: list[Change]
    ) -> tuple[list[Change], list[LakesteadError]]:
        """What Helm would do: for releases that the commit touches, their charts or their values."""
        known = {_name(obj) for obj in touched}
        changed = {(c.kind, c.name) for c in changes if c.pending}
        deleted = {c.name for c in changes if (c.kind, c.action) == ("HelmRelease", "delete")}
        for obj in self.cluster.every(API_VERSIONS["HelmRelease"], "HelmRelease"):
            affected = self._affects(obj) or any(
                (ref["kind"], f"{_name(obj)[0]}/{ref['name']}") in changed
                for ref in obj["spec"].get("valuesFrom") or []
            )
            if affected and _name(obj) not in known and "/".join(_name(obj)) not in deleted:
                touched = [*touched, obj]
        with ThreadPoolExecutor(RELEASES) as pool:
            done = list(pool.map(self._release, touched))
        planned = [item for step in done for item in step]
        return [item.change for item in planned], [
            item.refused for item in planned if item.refused is not None
        ]

    def _release(self, release: Object) -> list[Planned]:
        full_name = "/".join(_name(release))
        if release["spec"].get("suspend"):
            why = "it is suspended: Flux leaves alone what the commit changes there"
            return [Planned(Change("HelmRelease", full_name, "unchanged", why=why))]
        if release["spec"].get("kubeConfig"):
            return [Planned(unknown("HelmRelease", full_name, "it goes to another cluster"))]
        with self._lock:
            self._count += 1
            scratch = self.trees.scratch / f"release-{self._count}"
            scratch.mkdir()
        try:
            tools = Tools(self.cluster, self._helm, self._kubectl, lambda: self._capabilities)
            chart = find_chart(self.cluster, self.flux, self.trees, release, self._helm, scratch)
            return preview_release(tools, release, chart, scratch)
        except LakesteadError as error:
            return [Planned(unknown("HelmRelease", full_name, said(error)))]

    def _affects(self, release: Object) -> bool:
        return chart_touched(release, self.flux, self.trees)

    def _children(self, live: Object) -> list[Object]:
        """The Kustomizations that a Kustomization has applied."""
        namespace, name = _name(live)
        wanted = {f"{GROUP}/name": name, f"{GROUP}/namespace": namespace}
        return [
            obj
            for obj in self._known
            if wanted.items() <= (obj["metadata"].get("labels") or {}).items()
        ]

    def _ours(self, kustomization: Object) -> bool:
        """Whether it applies the homelab repo."""
        reference = kustomization["spec"].get("sourceRef") or {}
        namespace = reference.get("namespace") or kustomization["metadata"]["namespace"]
        found = (reference.get("kind"), reference.get("name"), namespace)
        return found == ("GitRepository", self.flux.git_repository, self.flux.namespace)


def _refuse(refused: Iterable[LakesteadError], where: str) -> None:
    lines = [str(error) for error in refused]
    if lines:
        raise LakesteadError(
            "Flux could not apply what the commit would change; nothing was changed",
            where=where,
            found="\n".join(lines),
            do="correct what was rendered, or the files of the homelab repo that it goes with",
        )


def _flux_to_come(settings: Flux) -> list[Object]:
    """Flux's own CustomResourceDefinitions, where this run installs Flux: what they refuse is refused."""
    if settings.manifests is None:
        return []
    try:
        text = Path(settings.manifests).expanduser().read_text(encoding="utf-8")
        found = manifests.objects(text, settings.manifests)
    except (OSError, UnicodeDecodeError, LakesteadError):
        return []  # flux.install says it better
    return [obj for obj in found if obj["kind"] == "CustomResourceDefinition"]


def _is(obj: Mapping[str, Any], kind: str) -> bool:
    group = API_VERSIONS[kind].split("/")[0]
    return bool(obj.get("kind") == kind and obj["apiVersion"].split("/")[0] == group)


def _name(obj: Mapping[str, Any]) -> tuple[str, str]:
    return obj["metadata"].get("namespace") or "", obj["metadata"]["name"]


def _differs(live: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether ``wanted`` says something else than ``live``; what it leaves open is defaulted."""
    return any(live["spec"].get(key) != value for key, value in wanted["spec"].items())
