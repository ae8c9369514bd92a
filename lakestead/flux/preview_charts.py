"""The chart of a HelmRelease, as source-controller would hand it to helm-controller."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from posixpath import normpath
from typing import Any

from lakestead.errors import LakesteadError
from lakestead.flux.preview_objects import Cluster
from lakestead.flux.preview_release import Chart
from lakestead.flux.preview_tree import Trees
from lakestead.helm import chart as charts
from lakestead.helm.program import Program
from lakestead.settings.flux import Flux

Object = Mapping[str, Any]


def find_chart(
    cluster: Cluster, flux: Flux, trees: Trees, release: Object, helm: Program, scratch: Path
) -> Chart:
    """The chart of a release after the commit; raises LakesteadError where it cannot be had.

    + scratch: an empty folder
    """
    spec, namespace = release["spec"], release["metadata"]["namespace"]
    if reference := spec.get("chartRef"):
        place = reference.get("namespace") or namespace
        source = _there(cluster, reference["kind"], place, reference["name"])
        if reference["kind"] == "OCIRepository":
            return _chart(charts.of_registry(source["spec"], scratch, helm))
        wanted, namespace = source["spec"], place
    else:
        wanted = spec["chart"]["spec"]
    if in_homelab_repo(wanted, namespace, flux):
        folder = charts.of_tree(
            *(trees.after.folder, wanted["chart"], scratch, wanted.get("valuesFiles") or [], helm)
        )
        found = _chart(folder)
        if wanted.get("reconcileStrategy") == "Revision":
            return Chart(found.folder, found.name, f"{found.version}+(the new commit)")
        return found
    reference = wanted["sourceRef"]
    if reference["kind"] != "HelmRepository":
        raise LakesteadError(f"its chart is in {reference['kind']} {reference['name']}")
    place = reference.get("namespace") or namespace
    source = _there(cluster, "HelmRepository", place, reference["name"])
    version = str(wanted.get("version") or "*")
    folder = charts.of_repository(source["spec"], wanted["chart"], version, scratch, helm)
    return _chart(folder)


def chart_touched(release: Object, flux: Flux, trees: Trees) -> bool:
    """Whether the commit changes the chart itself."""
    wanted = (release["spec"].get("chart") or {}).get("spec")
    if not wanted or not in_homelab_repo(wanted, release["metadata"]["namespace"], flux):
        return False
    folder = normpath(wanted["chart"].lstrip("/")).removeprefix("./")
    files = {normpath(name) for name in wanted.get("valuesFiles") or []}
    return any(path.startswith(folder + "/") or path in files for path in trees.changed)


def in_homelab_repo(wanted: Object, namespace: str, flux: Flux) -> bool:
    """Whether a chart is one of the homelab repo.

    + wanted: a HelmChart's spec
    """
    reference = wanted["sourceRef"]
    place = reference.get("namespace") or namespace
    ours = ("GitRepository", flux.git_repository, flux.namespace)
    return (reference["kind"], reference["name"], place) == ours


def _there(cluster: Cluster, kind: str, namespace: str, name: str) -> Object:
    found = cluster.source(kind, namespace, name)
    if found is None:
        raise LakesteadError(f"{kind} {namespace}/{name} is not there")
    return found


def _chart(folder: Path) -> Chart:
    meta = charts.metadata(folder)
    return Chart(folder, meta["name"], str(meta["version"]))
