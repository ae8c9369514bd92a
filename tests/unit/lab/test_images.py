"""An image's name is known without a build, and says all that goes into it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from lakestead.errors import LakesteadError
from lakestead.lab import images, images_build
from lakestead.lab.images import Image
from lakestead.lab.manifests import manifests
from lakestead.lab.paths import PROJECT
from lakestead.lab.versions import versions


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "images" / "tool"
    folder.mkdir(parents=True)
    (folder / "Containerfile").write_text("FROM scratch\nCOPY tool /\n")
    (folder / "tool").write_text("does something")
    monkeypatch.setattr(images, "PROJECT", tmp_path)
    return folder


def test_reference_is_stable(project: Path) -> None:
    reference = Image("tool", "1.2").reference()
    assert re.fullmatch(r"lakestead\.local/tool:1\.2-[0-9a-f]{8}", reference)
    assert Image("tool", "1.2").reference() == reference


@pytest.mark.parametrize("changed", ["file", "new file", "version", "argument", "base"])
def test_another_recipe_is_another_image(
    project: Path, changed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Image("tool", "1.2").reference()
    described: dict[str, Any] = {"component": "tool", "version": "1.2"}
    match changed:
        case "file":
            (project / "tool").write_text("does something else")
        case "new file":
            (project / "more").write_text("")
        case "version":
            described["version"] = "1.3"
        case "argument":
            described["args"] = {"FLAVOUR": "plain"}
        case "base":
            monkeypatch.setattr(images_build, "base_recipe", lambda: "another suite")
    assert Image(**described).reference() != before


def test_a_recipe_that_is_not_there_is_named(project: Path) -> None:
    (project / "Containerfile").unlink()
    with pytest.raises(LakesteadError, match="no recipe for image tool"):
        Image("tool", "1.2").reference()


def test_an_unknown_component_is_answered_with_the_known_ones() -> None:
    with pytest.raises(LakesteadError, match=r"no image called minio[\s\S]*expected: .*ceph"):
        images.reference("minio")


def test_every_folder_has_its_version() -> None:
    assert sorted(images.components()) == sorted(p.name for p in (PROJECT / "images").iterdir())


def test_phase_1_needs_no_image_of_later_ones() -> None:
    later = {"spark", "spark-operator", "airflow"}
    assert set(images.components()) - set(images.components(1)) == later | {"trino"}
    assert set(images.components(2)) - set(images.components(1)) == later
    used = {name for manifest in manifests() for name in manifest.images}
    assert used <= set(images.components(1))


@pytest.mark.parametrize("component", images.components())
def test_containerfile_takes_what_the_lab_gives(component: str) -> None:
    described = versions()["image"][component]
    text = (PROJECT / "images" / component / "Containerfile").read_text()
    taken = dict(re.findall(r"^ARG (\w+)(?:=(.*))?$", text, re.MULTILINE))
    assert set(described.get("args", {})) <= set(taken)
    assert all(taken[name] for name in ("BASE_IMAGE", "BUILD_IMAGE") if name in taken)
    pinned = {**described.get("args", {}), "VERSION": described["version"]}
    assert all(pinned.get(name, value) == value for name, value in taken.items() if value)
