"""What helm-controller would do with a HelmRelease: its chart rendered, held against the cluster.

Source: github.com/fluxcd/helm-controller, ``internal/action`` and ``internal/reconcile``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lakestead.errors import LakesteadError
from lakestead.flux.preview_kustomize import Object
from lakestead.flux.preview_objects import Cluster, Planned, deleted
from lakestead.flux.preview_patch import patched
from lakestead.flux.preview_postrender import postrender
from lakestead.flux.preview_secrets import Secrets
from lakestead.helm import values as helm_values
from lakestead.helm.chart import uses
from lakestead.helm.program import Program, ProgramFailed
from lakestead.helm.storage import Release, last_release
from lakestead.helm.template import HOOK, LOOKUP, Capabilities, Order, Rendered, render
from lakestead.helm.unknown import REFUSED, unknown
from lakestead.kube.client import ObjectRef
from lakestead.plan.change import Change

MANAGER = "helm-controller"
GROUP = "helm.toolkit.fluxcd.io"
KEEP = "helm.sh/resource-policy"
NAME_LENGTH = 53
PARALLEL = 8


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart that was found.

    + folder: where it is
    + version: that source-controller would give it
    """

    folder: Path
    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Tools:
    """What a release is previewed with.

    + capabilities: asked when first needed
    """

    cluster: Cluster
    helm: Program
    kubectl: Program
    capabilities: Callable[[], Capabilities]


def preview_release(
    tools: Tools, release: Mapping[str, Any], chart: Chart, scratch: Path
) -> list[Planned]:
    """Everything that helm-controller would create, update, delete or leave.

    + release: the HelmRelease as it would be
    + chart: as it would be
    + scratch: an empty folder

    Raises LakesteadError where that cannot be told.
    """
    spec, namespace = release["spec"], release["metadata"]["namespace"]
    name, target = release_name(release), spec.get("targetNamespace") or namespace
    values, texts = helm_values.merged(
        spec.get("values") or {},
        spec.get("valuesFrom") or [],
        lambda kind, of: tools.cluster.read(kind, namespace, of),
    )
    last = last_release(tools.cluster.api, name, spec.get("storageNamespace") or namespace)
    if last is not None and last.status.startswith("pending"):
        raise LakesteadError(f"its release is locked by an earlier action ({last.status})")
    if last is not None and last.status == "uninstalled":
        last = None
    texts += _old_secrets(last, spec, texts, values)
    if uses(chart.folder, LOOKUP):
        texts += tools.cluster.secret_texts()
    secrets = Secrets(texts)
    why = f"by Flux, HelmRelease {namespace}/{release['metadata']['name']}"
    reason = _reason(tools.cluster, release, last, chart, values)
    if not reason and not _corrects_drift(spec):
        return []
    if reason:
        # One that the release has had already does no harm.
        had = unknown(chart.folder, last.values) if last else []
        if wrong := [value for value in unknown(chart.folder, values) if value not in had]:
            return [_not_taken(release, chart, "\n".join(wrong))]
    order = Order(
        chart.folder,
        name,
        target,
        values,
        upgrade=last is not None,
        skip_schema=bool(_action(spec, last).get("disableSchemaValidation")),
    )
    try:
        rendered = render(tools.helm, order, tools.capabilities(), tools.cluster.api, scratch)
    except LakesteadError as error:
        found = secrets.hide(error.found)
        if isinstance(error, ProgramFailed) and REFUSED in found:
            return [_not_taken(release, chart, found.partition(REFUSED)[2].strip())]
        raise LakesteadError(error.what, found=found) from None
    secrets = Secrets([*texts, *rendered.random])
    why = f"{why}: {reason or 'corrects drift'}"
    return _plan(tools, release, rendered, last, secrets, why, scratch, bool(reason))


def _not_taken(release: Mapping[str, Any], chart: Chart, found: str) -> Planned:
    """A release with values that its chart does not have, or does not take."""
    ref = ObjectRef.of(release)
    error = LakesteadError(
        f"Chart {chart.name} {chart.version} does not know these values of {ref}",
        found=found,
        do="correct them where the settings have the chart's values, or in the homelab repo",
    )
    why = f"{error.what}: {found.splitlines()[0] if found else ''}"
    return Planned(Change(ref.kind, ref.full_name, "known after apply", why=why), refused=error)


def release_name(release: Mapping[str, Any]) -> str:
    """Helm's name of a HelmRelease's release."""
    spec = release["spec"]
    name: str = spec.get("releaseName") or "-".join(
        filter(None, [spec.get("targetNamespace"), release["metadata"]["name"]])
    )
    if len(name) <= NAME_LENGTH:
        return name
    return f"{name[: NAME_LENGTH - 13]}-{hashlib.sha256(name.encode()).hexdigest()[:12]}"


def uninstalled(cluster: Cluster, release: Mapping[str, Any], why: str) -> list[Change]:
    """What goes when a HelmRelease is deleted: everything of its release that is not kept."""
    spec, namespace = release["spec"], release["metadata"]["namespace"]
    if spec.get("suspend"):
        return []
    storage = spec.get("storageNamespace") or namespace
    last = last_release(cluster.api, release_name(release), storage)
    why = f"{why}, which uninstalls HelmRelease {namespace}/{release['metadata']['name']}"
    return [] if last is None else _gone(cluster, last.objects, last, why)


def _plan(
    tools: Tools,
    release: Mapping[str, Any],
    rendered: Rendered,
    last: Release | None,
    secrets: Secrets,
    why: str,
    scratch: Path,
    acts: bool,
) -> list[Planned]:
    spec, cluster = release["spec"], tools.cluster
    name = release_name(release)
    target = spec.get("targetNamespace") or release["metadata"]["namespace"]
    objects, hooks = postrender(tools.kubectl, release, rendered, scratch / "postrender")
    cluster.comes(rendered.crds)
    for obj in (*objects, *hooks):
        if cluster.namespaced(obj):
            obj["metadata"].setdefault("namespace", target)
    for obj in objects:
        _owned(obj, name, target)
    server_side = _server_side(spec, last)
    before = {ObjectRef.of(obj): obj for obj in _placed(cluster, last, target)}

    def plan(obj: Object) -> Planned:
        ref = ObjectRef.of(obj)
        if not server_side and ref in before and cluster.live(ref) is not None:
            return patched(cluster, before[ref], obj, MANAGER, why, secrets)
        return cluster.plan(obj, MANAGER, why, secrets, force=False)

    planned = _namespace(cluster, spec, target, last, why) + _crds(
        cluster, rendered.crds, release, _action(spec, last), why
    )
    with ThreadPoolExecutor(PARALLEL) as pool:
        planned += pool.map(plan, objects)
    if acts:
        planned += [_hook(cluster, obj, last, why, secrets) for obj in _run(hooks, last)]
    kept = {_identity(obj) for obj in objects}
    surplus = [obj for obj in before.values() if _identity(obj) not in kept]
    return planned + [Planned(change) for change in _gone(cluster, surplus, last, why)]


def _reason(
    cluster: Cluster,
    release: Mapping[str, Any],
    last: Release | None,
    chart: Chart,
    values: Mapping[str, Any],
) -> str:
    """Why helm-controller acts; empty where it leaves the release as it is."""
    if last is None:
        return f"install of chart {chart.name} {chart.version}"
    reasons = []
    if last.status != "deployed":
        reasons.append(f"the release is {last.status}")
    if (last.chart, last.version) != (chart.name, chart.version):
        reasons.append(f"chart {last.version} to {chart.version}")
    if last.values != values:
        reasons.append("other values")
    live = cluster.live(ObjectRef.of(release)) or release
    for key in ("postRenderers", "commonMetadata"):
        if live["spec"].get(key) != release["spec"].get(key):
            reasons.append(f"other {key}")
    return f"upgrade, {', '.join(reasons)}" if reasons else ""


def _corrects_drift(spec: Mapping[str, Any]) -> bool:
    return (spec.get("driftDetection") or {}).get("mode") == "enabled"


def _action(spec: Mapping[str, Any], last: Release | None) -> Mapping[str, Any]:
    found: Mapping[str, Any] = spec.get("install" if last is None else "upgrade") or {}
    return found


def _server_side(spec: Mapping[str, Any], last: Release | None) -> bool:
    """Whether helm-controller applies by server-side apply; an upgrade goes on as it began."""
    wanted = _action(spec, last).get("serverSideApply")
    if last is None:
        return wanted is not False
    return last.server_side if wanted in (None, "auto") else wanted == "enabled"


def _old_secrets(
    last: Release | None, spec: Mapping[str, Any], texts: list[str], values: Mapping[str, Any]
) -> list[str]:
    """What stood in the last release where values of Secrets stand now."""
    if last is None or not any(r["kind"] == "Secret" for r in spec.get("valuesFrom") or []):
        return []
    now = set(texts)
    found: list[str] = []

    def walk(new: Any, old: Any) -> None:
        if isinstance(new, Mapping) and isinstance(old, Mapping):
            for key in new.keys() & old.keys():
                walk(new[key], old[key])
        elif isinstance(new, list) and isinstance(old, list):
            for first, second in zip(new, old, strict=False):
                walk(first, second)
        elif str(new) in now and old is not None and not isinstance(old, bool):
            found.extend(helm_values.leaves(old))

    walk(values, last.values)
    return found


def _owned(obj: Object, name: str, namespace: str) -> None:
    """What Helm writes into the metadata of what it applies."""
    metadata = obj["metadata"]
    metadata["labels"] = {**(metadata.get("labels") or {}), "app.kubernetes.io/managed-by": "Helm"}
    metadata["annotations"] = {
        **(metadata.get("annotations") or {}),
        "meta.helm.sh/release-name": name,
        "meta.helm.sh/release-namespace": namespace,
    }


def _namespace(
    cluster: Cluster, spec: Mapping[str, Any], target: str, last: Release | None, why: str
) -> list[Planned]:
    wanted = spec.get("targetNamespace") and _action(spec, None).get("createNamespace")
    ref = ObjectRef("v1", "Namespace", target)
    if last is not None or not wanted or cluster.live(ref) is not None:
        return []
    obj = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": target, "labels": {"name": target}},
    }
    return [cluster.plan(obj, MANAGER, why, Secrets(), force=False)]


def _crds(
    cluster: Cluster,
    crds: list[Object],
    release: Mapping[str, Any],
    action: Mapping[str, Any],
    why: str,
) -> list[Planned]:
    """The chart's CRDs: made where they are missing, replaced only where the release asks for it."""
    policy = action.get("crds") or "Create"
    if policy == "Skip":
        return []
    planned = []
    for crd in crds:
        _labelled(crd, release)
        if policy == "Create" and cluster.live(ObjectRef.of(crd)) is not None:
            continue
        planned.append(cluster.plan(crd, MANAGER, why, Secrets(), force=False))
    return planned


def _labelled(obj: Object, release: Mapping[str, Any]) -> None:
    metadata = release["metadata"]
    obj["metadata"]["labels"] = {
        **(obj["metadata"].get("labels") or {}),
        f"{GROUP}/name": metadata["name"],
        f"{GROUP}/namespace": metadata["namespace"],
    }


def _run(hooks: list[Object], last: Release | None) -> list[Object]:
    moment = "install" if last is None else "upgrade"
    return [
        obj
        for obj in hooks
        if {f"pre-{moment}", f"post-{moment}"}
        & {event.strip() for event in obj["metadata"]["annotations"][HOOK].split(",")}
    ]


def _hook(
    cluster: Cluster, obj: Object, last: Release | None, why: str, secrets: Secrets
) -> Planned:
    """A hook is made when its moment comes; one of the same name is mostly deleted before."""
    events = obj["metadata"]["annotations"][HOOK]
    ref = ObjectRef.of(obj)
    diff = secrets.diff(None, obj)
    why = f"{why}; a hook ({events})"
    return Planned(Change(ref.kind, ref.full_name, "known after apply", diff, why), obj)


def _placed(cluster: Cluster, last: Release | None, target: str) -> list[Object]:
    objects = [] if last is None else last.objects
    for obj in objects:
        if cluster.namespaced(obj):
            obj["metadata"].setdefault("namespace", target)
    return objects


def _gone(cluster: Cluster, objects: list[Object], last: Release | None, why: str) -> list[Change]:
    """What of ``objects`` Helm deletes: all that is there and not marked to be kept."""
    changes = []
    for obj in objects:
        if last is not None and cluster.namespaced(obj):
            obj["metadata"].setdefault("namespace", last.namespace)
        ref = ObjectRef.of(obj)
        live = cluster.live(ref)
        if live is None:
            continue
        if (live["metadata"].get("annotations") or {}).get(KEEP) == "keep":
            kept = f"{why}; kept, since it is annotated {KEEP}: keep"
            changes.append(Change(ref.kind, ref.full_name, "unchanged", why=kept))
        else:
            changes.append(deleted(live, why))
    return changes


def _identity(obj: Mapping[str, Any]) -> tuple[str, str, str | None, str]:
    """What Helm tells objects apart by: not by the version of their API."""
    group = obj["apiVersion"].rpartition("/")[0]
    metadata = obj["metadata"]
    return group, obj["kind"], metadata.get("namespace"), metadata["name"]
