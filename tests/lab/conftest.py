"""A lab of the tests' own: full, fresh, in a folder of its own, destroyed at the end.

There is one lab a machine. Where the user's lab is up, it is taken down for the tests (its data is
kept) and brought up again when they are done.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from lakestead.kube.client import Api
from lakestead.lab import cgroup, owner
from lakestead.settings import Settings
from tests.conftest import settings_of

PROJECT = Path(__file__).parents[2]
LAB_DIR = Path("/var/lib/lakestead-test")


@dataclass(frozen=True)
class Lab:
    """The lab under test."""

    folder: Path

    def lakestead(self, *arguments: str, timeout: float = 1800) -> subprocess.CompletedProcess[str]:
        """Run the ``lakestead`` command as a user does."""
        return run(str(Path(sys.executable).with_name("lakestead")), *arguments, timeout=timeout)

    def pyinfra(
        self,
        deploy: str,
        *arguments: str,
        inventory: str = "inventories/lab.py",
        timeout: float = 900,
    ) -> subprocess.CompletedProcess[str]:
        """Run ``pyinfra INVENTORY DEPLOY ARGUMENTS`` in the project's folder as a user does."""
        program = str(Path(sys.executable).with_name("pyinfra"))
        return run(program, inventory, deploy, *arguments, timeout=timeout)

    def apply(self, *phases: int) -> None:
        """Apply phases, one after the other, to a homelab that has an Airflow."""
        done = self.lakestead("lab", "add", "airflow")
        assert done.returncode == 0, said(done)[-6000:]
        for phase in phases:
            done = self.pyinfra(f"deploys/phase{phase}.py", "-y", timeout=1800)
            assert done.returncode == 0, said(done)[-6000:]

    def api(self) -> Api:
        """A new client of the lab's API."""
        return Api.from_kubeconfig(str(self.folder / "kubeconfig"), "lakestead-lab")


def run(*command: str, timeout: float) -> subprocess.CompletedProcess[str]:
    """Run a command in the project's folder; output is kept as text."""
    return subprocess.run(
        command,
        cwd=PROJECT,
        env=environment(LAB_DIR),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
    )


def said(done: subprocess.CompletedProcess[str]) -> str:
    """All that a command has said."""
    return done.stdout + done.stderr


def environment(folder: Path) -> dict[str, str]:
    """This process's environment, for the lab in ``folder``."""
    programs = Path(sys.executable).parent
    return {
        **os.environ,
        "LAKESTEAD_LAB_DIR": str(folder),
        "XDG_STATE_HOME": str(folder / "state"),
        "PATH": f"{programs}:{os.environ['PATH']}",
    }


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Phase 1 comes first: it begins with a lab that knows nothing of it.

    The kill test makes a lab anew, and what tests phase 1 shall find nothing of the later phases.
    """
    items.sort(key=lambda item: _place(item.path))


def _place(file: Path) -> int:
    if file.name == "test_phase1.py":
        return 0
    if re.match(r"test_phase[2-9]", file.name):
        return 4
    return {"kill": 2, "chaos": 3}.get(file.parent.name, 1)


@pytest.fixture(scope="session", autouse=True)
def _own_lab() -> Iterator[None]:
    """Make room for the tests' lab, and give the user's lab back afterwards."""
    lakestead = str(Path(sys.executable).with_name("lakestead"))
    os.environ["LAKESTEAD_LAB_DIR"] = str(LAB_DIR)
    users = owner.other_lab()
    if users:
        subprocess.run([lakestead, "lab", "down"], env=environment(users), check=True)
    subprocess.run([lakestead, "lab", "destroy", "--yes"], check=True)  # of an interrupted run
    yield
    subprocess.run([lakestead, "lab", "destroy", "--yes"], check=True)
    assert cgroup.processes() == []
    if users:
        subprocess.run([lakestead, "lab", "up"], env=environment(users), check=True)


@pytest.fixture(scope="session")
def lab() -> Lab:
    """The full lab, up and ready."""
    up = Lab(LAB_DIR)
    done = up.lakestead("lab", "up", "full", timeout=2400)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr
    return up


@pytest.fixture
def api(lab: Lab) -> Api:
    """The API of the lab."""
    return lab.api()


@pytest.fixture(scope="session")
def settings(lab: Lab) -> Settings:
    """The lab's."""
    return settings_of("lab")
