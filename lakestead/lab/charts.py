"""The lab's Helm repository: charts that a homelab would have from the network.

The External Secrets Operator's chart and definitions are those in its Go module. Upstream's release
puts the definitions into the chart, and so is done here; left out is a sub-chart that is off by
default and lies in a registry.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import yaml

from lakestead.lab.cache import Cache, Entry
from lakestead.lab.golang import go
from lakestead.lab.versions import versions

CHART = "external-secrets"

# Of the kinds that the operator handles in the lab: group_data/lab.py leaves the others off.
DEFINITIONS = (
    "external-secrets.io_externalsecrets.yaml",
    "external-secrets.io_secretstores.yaml",
    "generators.external-secrets.io_generatorstates.yaml",
)
_MODULE = "github.com/external-secrets/external-secrets"
# Helm would take the folder's README for a template.
_LEFT_OUT = ("Chart.lock", "Chart.yaml", "ci/", "tests/", "templates/crds/")
_RECIPE = 2  # raised when what is put together here changes


def version() -> str:
    """The chart's version, which is the operator's."""
    return str(versions()["image"]["external-secrets"]["version"])


def repository() -> Path:
    """The folder that is served; known without a build, there once :func:`ensure` was called."""
    return _entry().path


def ensure() -> Path:
    """Put the repository together unless it is in the cache."""
    _entry().ensure(_write)
    return repository()


def package(source: Path, definitions: Path, number: str) -> bytes:
    """The chart as ``helm package`` would write it.

    + source: the chart's folder
    + definitions: folder of the CustomResourceDefinitions
    + number: the version to give it
    """
    meta = yaml.safe_load((source / "Chart.yaml").read_text())
    meta.pop("dependencies", None)
    meta |= {"version": number, "appVersion": f"v{number}"}
    files = {"Chart.yaml": yaml.safe_dump(meta, sort_keys=False).encode()}
    for file in sorted(source.rglob("*")):
        name = file.relative_to(source).as_posix()
        if file.is_file() and not name.startswith(_LEFT_OUT):
            files[name] = file.read_bytes()
    for definition in DEFINITIONS:
        files[f"templates/crds/{definition}"] = (definitions / definition).read_bytes()
    return _archive(files)


def _entry() -> Entry:
    recipe = json.dumps([_RECIPE, DEFINITIONS])
    return Cache().entry("charts", version(), recipe.encode())


def _write(folder: Path) -> None:
    module = Path(json.loads(go("mod", "download", "-json", f"{_MODULE}@v{version()}"))["Dir"])
    chart = package(module / "deploy/charts" / CHART, module / "config/crds/bases", version())
    name = f"{CHART}-{version()}.tgz"
    (folder / name).write_bytes(chart)
    entry: dict[str, Any] = {
        "name": CHART,
        "version": version(),
        "apiVersion": "v2",
        "digest": hashlib.sha256(chart).hexdigest(),
        "urls": [name],
    }
    index = {"apiVersion": "v1", "entries": {CHART: [entry]}}
    (folder / "index.yaml").write_text(yaml.safe_dump(index))


def _archive(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(f"{CHART}/{name}")
            info.size, info.mode = len(content), 0o644
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()
