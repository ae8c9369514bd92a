"""What the lab's commands hand on."""

from __future__ import annotations

import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from lakestead.cli import cli
from lakestead.lab.golang import go_program


@pytest.mark.parametrize(
    "arguments",
    [
        ["exec", "postgresql-0", "--", "psql", "-X", "-c", "SELECT 1"],
        ["-n", "storage", "get", "pods", "-o", "json"],
        ["--namespace=storage", "exec", "rook-ceph-tools", "--", "ceph", "--help"],
    ],
    ids=["after two dashes", "short options", "long options"],
)
def test_kubectl_gets_every_word(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAKESTEAD_LAB_DIR", str(tmp_path))
    monkeypatch.setenv("LAKESTEAD_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "kubeconfig").touch()
    go_program("kubectl").entry.path.mkdir(parents=True)
    asked: list[str] = []

    def run(command: list[str], **_: Any) -> SimpleNamespace:
        asked.extend(command)
        return SimpleNamespace(returncode=7)

    monkeypatch.setattr(subprocess, "run", run)
    done = CliRunner().invoke(cli, ["lab", "kubectl", *arguments])
    assert asked[2:] == arguments
    assert done.exit_code == 7
