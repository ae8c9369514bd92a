"""Objective 2.2 can be validated again when the drivers' pods are gone, and a bad log still fails it."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from lakestead.objectives.catalogue import Catalogue
from lakestead.objectives.commands import run

KUBECTL = """#!/bin/sh
# kubectl --namespace spark logs JOB-driver --tail 4
log="{logs}/$4"
test -e "$log" || {{ echo "Error from server (NotFound): pods \\"$4\\" not found" >&2; exit 1; }}
cat "$log"
"""


@pytest.mark.parametrize(
    ("gone", "failed", "passes"),
    [
        ([], [], True),
        (["compact"], [], True),
        (["ingest", "merge", "compact"], [], True),
        ([], ["merge"], False),
        (["compact"], ["ingest"], False),
    ],
)
def test_what_drivers_have_said(
    catalogue: Catalogue, tmp_path: Path, gone: list[str], failed: list[str], passes: bool
) -> None:
    for job in {"ingest", "merge", "compact"} - set(gone):
        said = "Traceback" if job in failed else f'result: {{"job": "{job}", "rows": 1050}}'
        (tmp_path / f"{job}-driver").write_text(f"starting\n{said}\n")
    (tmp_path / "kubectl").write_text(KUBECTL.format(logs=tmp_path))
    (tmp_path / "kubectl").chmod(0o755)
    [declared] = [item for item in catalogue.find("2.2").deliverable if "logs" in item.command]
    command = declared.command.replace("{{ kubectl }}", str(tmp_path / "kubectl"))
    code, printed = run(command.replace("{{ spark.namespace }}", "spark"), 10, os.environ)
    fits = re.search(declared.expect, printed, re.MULTILINE) is not None
    assert (code == 0 and fits) is passes, printed
