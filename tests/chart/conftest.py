"""The charts as Flux would render them, and a real API server that knows its kinds."""

from __future__ import annotations

import json
import runpy
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from lakestead.lab.golang import go, go_program
from lakestead.lab.versions import versions
from lakestead.settings import Settings
from lakestead.settings.source import Sources
from tasks import metastore, trino
from tests.api_server import ApiServer

PROJECT = Path(__file__).parents[2]
NAMESPACE = "data-platform"
Object = dict[str, Any]
Render = Callable[..., list[Object]]


@pytest.fixture(scope="session")
def render(tmp_path_factory: pytest.TempPathFactory) -> Render:
    """The metastore's objects, for the homelab's settings with some of them changed."""
    folder = tmp_path_factory.mktemp("values")
    return lambda **changed: rendered(metastore, "hive-metastore", folder, changed)


@pytest.fixture(scope="session")
def render_trino(tmp_path_factory: pytest.TempPathFactory) -> Render:
    """Trino's objects, likewise."""
    folder = tmp_path_factory.mktemp("values")
    return lambda **changed: rendered(trino, "trino", folder, changed)


def rendered(task: ModuleType, name: str, folder: Path, changed: dict[str, Any]) -> list[Object]:
    """What helm makes of a task's chart and of the release that it renders."""
    helm = go_program("helm")
    helm.ensure()
    data = runpy.run_path(str(PROJECT / "group_data/anton.py"))
    sections = {name: data[name] for name in Settings.model_fields if name in data}
    for section, keys in changed.items():
        sections[section] = {**sections[section], **keys}
    made = task.files(Settings.load(sections, Sources()))
    values = folder / "values.yaml"
    values.write_bytes(made[f"kubernetes/charts/{task.CHART.name}/values.yaml"])
    command = [str(helm.program("helm")), "template", name, str(task.CHART)]
    command += ["--namespace", NAMESPACE, "--values", str(values)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [obj for obj in yaml.safe_load_all(done.stdout) if obj]


class Cluster:
    """A real API server, by kubectl."""

    def __init__(self, server: ApiServer) -> None:
        kubectl = go_program("kubectl")
        kubectl.ensure()
        self.command = [str(kubectl.program("kubectl")), "--kubeconfig", str(server.kubeconfig)]

    def apply(self, *objects: Object) -> str:
        """Apply objects, unknown fields refused; "" or what the server says against it, warnings too."""
        text = yaml.safe_dump_all(objects)
        done = self._run("apply", "--server-side", "--validate=strict", "--filename=-", text=text)
        return done.stderr

    def crds(self, folder: Path) -> None:
        """Make the kinds of a folder, and wait until they are served."""
        files = f"--filename={folder}"
        for arguments in (("create", files), ("wait", "--for=condition=Established", files)):
            done = self._run(*arguments)
            assert done.returncode == 0, done.stderr

    def _run(self, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self.command, *arguments], input=text, capture_output=True, text=True, timeout=120
        )


@pytest.fixture(scope="session")
def cluster(api_server: ApiServer) -> Cluster:
    """A server with the Prometheus Operator's kinds, and a namespace as Lakestead seeds it."""
    made = Cluster(api_server)
    version = versions()["crd"]["prometheus-operator"]
    got = json.loads(go("mod", "download", "-json", f"{version['module']}@{version['version']}"))
    made.crds(Path(got["Dir"]) / version["folder"])
    template = "templates/homelab/kubernetes/apps/data-platform/namespace.yaml.j2"
    namespace = yaml.safe_load((PROJECT / template).read_text())
    assert made.apply(namespace) == ""
    return made
