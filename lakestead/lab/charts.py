"""The lab's Helm repository: charts that a homelab would have from the network.

Each is the one in its program's Go module, but for Airflow's: upstream's is in no registry, and
charts/airflow plays it. Upstream's release of External Secrets puts the definitions
into the chart, and so is done here; left out is a sub-chart that is off by default and lies in a
registry.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lakestead.lab.cache import Cache, Entry
from lakestead.lab.golang import go
from lakestead.lab.paths import PROJECT
from lakestead.lab.versions import versions


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart of a Go module; its version is that of the image of the same name.

    + name: of the chart and of the image
    + module: the Go module; "" for this project
    + folder: of the chart in the module
    + definitions: files of CustomResourceDefinitions that become templates of the chart
    + definitions_folder: where they are in the module
    """

    name: str
    module: str
    folder: str
    definitions: tuple[str, ...] = ()
    definitions_folder: str = ""

    @property
    def version(self) -> str:
        """The chart's version, which is the program's."""
        return str(versions()["image"][self.name]["version"])

    @property
    def file(self) -> str:
        """Name of the archive."""
        return f"{self.name}-{self.version}.tgz"

    def download(self) -> Path:
        """Folder of the module."""
        if not self.module:
            return PROJECT
        got = go("mod", "download", "-json", f"{self.module}@v{self.version}")
        return Path(json.loads(got)["Dir"])


CHARTS = {
    chart.name: chart
    for chart in (
        Chart(
            "external-secrets",
            "github.com/external-secrets/external-secrets",
            "deploy/charts/external-secrets",
            # Of the kinds that the operator handles in the lab: group_data/lab.py leaves the others off.
            (
                "external-secrets.io_externalsecrets.yaml",
                "external-secrets.io_secretstores.yaml",
                "generators.external-secrets.io_generatorstates.yaml",
            ),
            "config/crds/bases",
        ),
        Chart(
            "spark-operator",
            "github.com/kubeflow/spark-operator/v2",
            "charts/spark-operator-chart",
        ),
        Chart("airflow", "", "charts/airflow"),
    )
}
# Helm would take a folder's README for a template.
_LEFT_OUT = ("Chart.lock", "Chart.yaml", "ci/", "tests/", "templates/crds/", "README")
_RECIPE = 3  # raised when what is put together here changes


def version(name: str) -> str:
    """The version of one of the charts."""
    return CHARTS[name].version


def repository() -> Path:
    """The folder that is served; known without a build, there once :func:`ensure` was called."""
    return _entry().path


def ensure() -> Path:
    """Put the repository together unless it is in the cache."""
    _entry().ensure(_write)
    return repository()


def package(chart: Chart, module: Path) -> bytes:
    """A chart as ``helm package`` would write it.

    + module: folder of the chart's module
    """
    source = module / chart.folder
    meta = yaml.safe_load((source / "Chart.yaml").read_text())
    meta.pop("dependencies", None)
    meta["version"] = chart.version
    if chart.definitions:
        meta["appVersion"] = f"v{chart.version}"
    files = {"Chart.yaml": yaml.safe_dump(meta, sort_keys=False).encode()}
    for file in sorted(source.rglob("*")):
        name = file.relative_to(source).as_posix()
        if file.is_file() and not name.startswith(_LEFT_OUT):
            files[name] = file.read_bytes()
    for definition in chart.definitions:
        content = (module / chart.definitions_folder / definition).read_bytes()
        files[f"templates/crds/{definition}"] = content
    return _archive(chart.name, files)


def _entry() -> Entry:
    own = [PROJECT / chart.folder for chart in CHARTS.values() if not chart.module]
    files = sorted(file for folder in own for file in folder.rglob("*") if file.is_file())
    recipe = json.dumps(
        [
            _RECIPE,
            *([c.file, *c.definitions] for c in CHARTS.values()),
            [[str(file.relative_to(PROJECT)), file.read_text()] for file in files],
        ]
    )
    return Cache().entry("charts", str(_RECIPE), recipe.encode())


def _write(folder: Path) -> None:
    entries = {}
    for chart in CHARTS.values():
        packed = package(chart, chart.download())
        (folder / chart.file).write_bytes(packed)
        entry: dict[str, Any] = {
            "name": chart.name,
            "version": chart.version,
            "apiVersion": "v2",
            "digest": hashlib.sha256(packed).hexdigest(),
            "urls": [chart.file],
        }
        entries[chart.name] = [entry]
    index = {"apiVersion": "v1", "entries": entries}
    (folder / "index.yaml").write_text(yaml.safe_dump(index))


def _archive(chart: str, files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(f"{chart}/{name}")
            info.size, info.mode = len(content), 0o644
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()
