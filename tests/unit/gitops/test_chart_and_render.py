"""Charts and templates as files of the homelab repo."""

from __future__ import annotations

from pathlib import Path

import jinja2
import pytest
import yaml

from lakestead.gitops.chart import chart_files
from lakestead.gitops.render import render

VALUES = {"branch": "main", "flux": {"namespace": "flux-system", "git_repository": "homelab"}}


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    folder = tmp_path / "app"
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text('apiVersion: v2\nname: app\nversion: "0.1.0" # ours\n')
    (folder / "templates/pod.yaml").write_text("kind: Pod\n")
    (folder / ".swp").write_text("editor")
    return folder


def version(chart: Path, values: bytes = b"") -> str:
    content = chart_files(chart, values)["kubernetes/charts/app/Chart.yaml"]
    return str(yaml.safe_load(content)["version"])


def test_a_chart_is_copied_with_its_content_in_its_version(chart: Path) -> None:
    files = chart_files(chart)
    assert sorted(files) == [
        "kubernetes/charts/app/Chart.yaml",
        "kubernetes/charts/app/templates/pod.yaml",
    ]
    before = version(chart)
    assert before.startswith("0.1.0+")
    assert version(chart) == before
    (chart / "templates/pod.yaml").write_text("kind: Job\n")
    assert version(chart) != before


def test_the_values_of_a_release_are_in_its_chart_and_in_its_version(chart: Path) -> None:
    (chart / "values.yaml").write_text('# ours\nimage: {name: app, tag: ""}\nnumber: "1e3"\n')
    one, two = b"image: {tag: '1'}", b"image: {tag: '2'}"
    text = chart_files(chart, one)["kubernetes/charts/app/values.yaml"]
    assert yaml.safe_load(text) == {"image": {"name": "app", "tag": "1"}, "number": "1e3"}
    # A parser of another kind takes 1e3 for a number.
    assert b'number: "1e3"' in text
    assert version(chart, one) == version(chart, one) != version(chart, two)


def test_every_seed_is_valid_yaml_and_has_its_values() -> None:
    files = {path: text for path, text in render("kubernetes/flux", **VALUES).items()}
    objects = {path: list(yaml.safe_load_all(text)) for path, text in files.items()}
    names = [obj["metadata"]["name"] for obj in objects["kubernetes/flux/cluster/ks.yaml"]]
    assert names == ["cluster-meta", "cluster-apps"]
    assert "kubernetes/flux/meta/repos/kustomization.yaml" in files


def test_a_missing_value_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError):
        render("README.md")
