"""Manifests that other projects ship, read from their Go modules at the versions of modules.toml."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import tomllib
from pathlib import Path
from typing import Any

import yaml

from lakestead.lab.golang import go, go_program
from lakestead.lab.versions import versions

Object = dict[str, Any]
MODULES = tomllib.loads(Path(__file__).with_name("modules.toml").read_text())


def read(text: str) -> list[Object]:
    """The objects in a YAML stream."""
    return [obj for obj in yaml.load_all(text, yaml.CSafeLoader) if obj]


def definitions() -> list[Object]:
    """All CustomResourceDefinitions, those with a conversion webhook without it."""
    found = []
    for module, (version, folder) in MODULES["definitions"].items():
        for file in sorted((_module(module, version) / folder).glob("*.yaml")):
            found += [obj for obj in read(file.read_text()) if obj["kind"] != "Kustomization"]
    for definition in found:
        definition["spec"].pop("conversion", None)
        definition.pop("status", None)
    return found


def charts() -> list[Object]:
    """What the charts render to with their default values, without CustomResourceDefinitions."""
    found = []
    for module, (version, folder) in MODULES["charts"].items():
        text = _render(_module(module, version) / folder)
        found += [obj for obj in read(text) if obj["kind"] != "CustomResourceDefinition"]
    return found


def _module(module: str, version: str) -> Path:
    if version == "lab":
        version = "v" + versions()["image"][f"flux-{module.rsplit('/', 1)[1]}"]["version"]
    return Path(json.loads(go("mod", "download", "-json", f"{module}@{version}"))["Dir"])


def _render(chart: Path) -> str:
    helm = go_program("helm")
    helm.ensure()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(shutil.copytree(chart, Path(folder) / "chart", copy_function=shutil.copyfile))
        copy.chmod(0o755)
        about = yaml.safe_load((copy / "Chart.yaml").read_text())
        about.pop("dependencies", None)  # optional ones, which the module does not have
        (copy / "Chart.yaml").write_text(yaml.safe_dump(about))
        argv = [helm.program("helm"), "template", "oracle", copy, "--namespace", "oracle"]
        done = subprocess.run(argv, capture_output=True, text=True, check=True)
    return done.stdout
