"""Every direct dependency is pinned, allowed by the project's range, and has its reason."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

PROJECT = Path(__file__).parents[2]


def test_pins_ranges_and_reasons_agree() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    declared = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    ranges = {item.name.lower(): item.specifier for item in map(Requirement, declared)}
    pins = pinned(PROJECT / "requirements.txt")

    assert pins.keys() == ranges.keys()
    assert all(version in ranges[name] for name, version in pins.items())
    assert pins.items() <= pinned(PROJECT / "constraints.txt").items()
    rows = re.findall(
        r"^\| (\S+) \| (\d\S*) \| .+ \|$", (PROJECT / "docs/dependencies.md").read_text(), re.M
    )
    assert {name.lower(): version for name, version in rows} == pins


def pinned(file: Path) -> dict[str, str]:
    lines = [line for line in file.read_text().splitlines() if "==" in line and line[0] != "#"]
    requirements = [Requirement(line) for line in lines]
    return {item.name.lower(): str(item.specifier).removeprefix("==") for item in requirements}
