"""The folder of a chart: from a source's tree, a chart repository or an OCI registry."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from lakestead.errors import LakesteadError
from lakestead.helm.manifests import documents
from lakestead.helm.program import Program
from lakestead.helm.values import merge

PULL = 60.0  # seconds


def of_tree(
    root: Path, path: str, scratch: Path, values_files: Sequence[str], helm: Program
) -> Path:
    """A chart of a Git repository, made ready in ``scratch`` as source-controller packages it.

    + root: the repository's files
    + path: of the chart in it
    + values_files: ``spec.valuesFiles`` of the HelmChart, paths in the repository
    """
    place = (root / path).resolve()
    if not place.is_relative_to(root.resolve()) or not (place / "Chart.yaml").is_file():
        raise LakesteadError(f"there is no chart at {path} of the homelab repo")
    chart = scratch / "chart"
    shutil.copytree(place, chart, symlinks=False)
    if values_files:
        _replace_values(chart, [root / name for name in values_files])
    meta = metadata(chart)
    missing = [d for d in meta.get("dependencies") or [] if not _has(chart, d)]
    if missing:
        helm.run(
            ["dependency", "build", str(chart)], environment=environment(scratch), timeout=PULL
        )
    return chart


def of_repository(
    spec: Mapping[str, Any], name: str, version: str, scratch: Path, helm: Program
) -> Path:
    """A chart that a HelmRepository has.

    + spec: of the HelmRepository
    + version: exact, or a range
    """
    _without_credentials(spec, "HelmRepository")
    url = str(spec["url"])
    if spec.get("type") == "oci" or url.startswith("oci://"):
        return _pull([f"{url.rstrip('/')}/{name}", "--version", version], scratch, helm)
    return _pull([name, "--repo", url, "--version", version], scratch, helm)


def of_registry(spec: Mapping[str, Any], scratch: Path, helm: Program) -> Path:
    """A chart that an OCIRepository names.

    + spec: of the OCIRepository
    """
    _without_credentials(spec, "OCIRepository")
    ref = spec.get("ref") or {}
    if digest := ref.get("digest"):
        return _pull([f"{spec['url']}@{digest}"], scratch, helm)
    return _pull(
        [str(spec["url"]), "--version", str(ref.get("semver") or ref.get("tag") or "latest")],
        scratch,
        helm,
    )


def metadata(chart: Path) -> dict[str, Any]:
    """What ``Chart.yaml`` says."""
    found = documents((chart / "Chart.yaml").read_text(encoding="utf-8"), str(chart.name))
    if len(found) != 1 or not isinstance(found[0], dict) or not found[0].get("version"):
        raise LakesteadError("Chart.yaml names no version")
    return dict(found[0])


def uses(chart: Path, functions: str) -> bool:
    """Whether a template may call a function; what is in packed charts is not read, and may.

    + functions: their names, as a regular expression
    """
    call = re.compile(rb"\{\{[^}]*\b(%b)\b" % functions.encode())
    files = [file for file in chart.rglob("templates/**/*") if file.is_file()]
    return any(chart.rglob("charts/*.tgz")) or any(call.search(f.read_bytes()) for f in files)


def environment(scratch: Path) -> dict[str, str]:
    """Helm without the user's plugins, repositories and cluster."""
    home = {
        f"HELM_{name}_HOME": str(scratch / name.lower()) for name in ("CONFIG", "DATA", "CACHE")
    }
    return {**home, "KUBECONFIG": "/dev/null", "HELM_NAMESPACE": "", "HELM_DEBUG": ""}


def _pull(arguments: list[str], scratch: Path, helm: Program) -> Path:
    folder = scratch / "pulled"
    folder.mkdir()
    command = ["pull", *arguments, "--untar", "--untardir", str(folder)]
    helm.run(command, environment=environment(scratch), timeout=PULL)
    charts = [path for path in folder.iterdir() if (path / "Chart.yaml").is_file()]
    if len(charts) != 1:
        raise LakesteadError("helm pull left no chart")
    return charts[0]


def _without_credentials(spec: Mapping[str, Any], kind: str) -> None:
    for key in ("secretRef", "certSecretRef", "proxySecretRef", "serviceAccountName"):
        if spec.get(key):
            raise LakesteadError(
                f"the {kind} has credentials ({key}), which are left in the cluster"
            )
    if spec.get("provider") not in (None, "generic"):
        raise LakesteadError(f"the {kind} has the credentials of a cloud ({spec['provider']})")


def _replace_values(chart: Path, files: Sequence[Path]) -> None:
    values: dict[str, Any] = {}
    for file in files:
        if not file.is_file():
            raise LakesteadError(f"there is no values file {file.name} in the homelab repo")
        values = merge(values, (documents(file.read_text("utf-8"), file.name) or [{}])[0])
    (chart / "values.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")


def _has(chart: Path, dependency: Mapping[str, Any]) -> bool:
    name = dependency["name"]
    return (chart / "charts" / name).is_dir() or any(chart.glob(f"charts/{name}-*.tgz"))
