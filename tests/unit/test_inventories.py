"""The inventories that ship: pyinfra loads them, and every host's settings are accepted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pyinfra.api import Config, Inventory, State
from pyinfra.context import ctx_state
from pyinfra_cli.inventory import make_inventory

from lakestead.objectives import catalogue as declared
from lakestead.objectives.commands import Commands
from lakestead.objectives.project import NO_DEPLOY, Project, main_host
from lakestead.plan.document import Target
from lakestead.settings import Settings

PROJECT = Path(__file__).parents[2]
GROUPS = {"cluster", "toolbox", "database", "workstation"}


def load(name: str, monkeypatch: pytest.MonkeyPatch) -> Inventory:
    monkeypatch.chdir(PROJECT)
    monkeypatch.setattr("lakestead.lab.network.require_up", lambda: None)
    state = State()
    state.cwd = str(PROJECT)
    with ctx_state.use(state):
        inventory = make_inventory(f"inventories/{name}.py", cwd=str(PROJECT))
    state.init(inventory, Config())
    return inventory


@pytest.mark.parametrize("name", ["lab", "anton"])
def test_inventory(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    inventory = load(name, monkeypatch)
    assert set(inventory.groups) >= GROUPS
    for host in inventory:
        assert "hive-metastore" in Settings.of(host).allocations


def test_anton_has_the_allocations_of_the_design(monkeypatch: pytest.MonkeyPatch) -> None:
    [host] = load("anton", monkeypatch).get_group("cluster")
    settings = Settings.of(host)
    found = {
        name: (item.replicas, item.cpu.millicores, item.memory)
        for name, item in settings.allocations.items()
    }
    assert found == {
        "hive-metastore": (2, 200, "2Gi"),
        "spark-operator": (1, 200, "512Mi"),
        "trino-coordinator": (1, 500, "8Gi"),
        "trino-worker": (2, 2000, "24Gi"),
    }
    assert settings.capacity.free.memory == "60G"
    assert settings.capacity.free.cpu == "6"


@pytest.mark.parametrize("name", ["lab", "anton"])
def test_what_objectives_declare_can_be_rendered(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    inventory = load(name, monkeypatch)
    host = main_host(list(inventory))
    catalogue = declared.load(PROJECT / "objectives")
    target = Target(deploy=str(NO_DEPLOY), inventory=f"inventories/{name}.py")
    tracking: Any = None
    project = Project(host, Settings.of(host), catalogue, tracking, target)

    for objective in catalogue:
        commands = Commands(project, objective, list(inventory))
        texts = [check.looked_at for check in commands.checks(objective.deliverable)]
        texts += [check.looked_at for check in commands.checks(objective.prerequisite)]
        if objective.gitops:
            texts += [commands.text(item) for item in objective.gitops.suspend]
        assert "{{" not in " ".join(texts)
        assert not objective.available or f"-i inventories/{name}.py" in " ".join(texts)
