"""The peers, built or installed into the cache folder at the versions pinned here."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from lakestead.lab.cache import Cache
from lakestead.lab.golang import GoProgram, go, go_program

# The newest that the Go module proxy has.
KAPP = GoProgram(
    name="kapp",
    module="carvel.dev/kapp",
    version="v0.64.2",
    packages=["carvel.dev/kapp/cmd/kapp"],
    variables=["carvel.dev/kapp/pkg/kapp/version.Version=0.64.2"],
)
# 12 is the last for Python 3.11; the kubernetes client is the one that lakestead uses.
ANSIBLE = "12.3.0"
ANSIBLE_PACKAGES = (f"ansible=={ANSIBLE}", "kubernetes==37.0.1")
_LATENCY = Path(__file__).parent / "latency"


@dataclass(frozen=True, slots=True)
class Installed:
    """Where everything is.

    + ansible: a folder for PYTHONPATH; run with ``python -m ansible``
    + latency: the proxy
    """

    kubectl: Path
    kapp: Path
    ansible: Path
    latency: Path

    @property
    def kubernetes_core(self) -> str:
        """Version of the collection that Ansible brings."""
        manifest = self.ansible / "ansible_collections/kubernetes/core/MANIFEST.json"
        return str(json.loads(manifest.read_text())["collection_info"]["version"])


def ensure() -> Installed:
    """Build and install what is missing."""
    kubectl = go_program("kubectl")
    for program in (go_program("kubernetes"), kubectl):
        program.ensure(_say)
    KAPP.ensure(_say)
    recipe = " ".join(ANSIBLE_PACKAGES)
    ansible = Cache().entry("bench-ansible", ANSIBLE, recipe.encode())
    ansible.ensure(_install_ansible)
    source = b"".join(file.read_bytes() for file in sorted(_LATENCY.iterdir()))
    latency = Cache().entry("bench-latency", "v1", source)
    latency.ensure(_build_latency)
    return Installed(
        kubectl=kubectl.program("kubectl"),
        kapp=KAPP.program("kapp"),
        ansible=ansible.path,
        latency=latency.path / "latency",
    )


def _build_latency(folder: Path) -> None:
    go("build", "-o", f"{folder}/latency", ".", folder=str(_LATENCY))


def _install_ansible(folder: Path) -> None:
    _say(f"installing Ansible {ANSIBLE}")
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
         "--no-warn-conflicts", "--target", folder, *ANSIBLE_PACKAGES],
        check=True,
    )  # fmt: skip
    # Of some eighty collections one is used.
    for collection in (folder / "ansible_collections").iterdir():
        if collection.is_dir() and collection.name != "kubernetes":
            shutil.rmtree(collection)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
