"""The benchmark's objects are what its page says."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from bench.cluster import load
from bench.objects import generate


def test_a_team_is_50_objects_of_25_builtin_kinds_and_two_of_flux(tmp_path: Path) -> None:
    generate.write(tmp_path / "objects", 100)
    objects = load(tmp_path / "objects")

    kinds = Counter((obj["apiVersion"], obj["kind"]) for obj in objects)
    fluxes = {api_version for api_version, _ in kinds if ".fluxcd.io" in api_version}
    assert len(objects) == 100
    assert (len(kinds), len(fluxes)) == (27, 2)


def test_no_object_is_there_twice_and_no_placeholder_is_left(tmp_path: Path) -> None:
    generate.write(tmp_path / "objects", 100)
    names = [
        (obj["kind"], obj["metadata"].get("namespace"), obj["metadata"]["name"])
        for obj in load(tmp_path / "objects")
    ]

    assert len(set(names)) == len(names)
    for file in (tmp_path / "objects").iterdir():
        text = file.read_text()
        assert "TEAM" not in text
        assert "COPY" not in text


def test_part_of_a_team_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="60 objects"):
        generate.write(tmp_path / "objects", 60)
