"""The chart of the lab's Helm repository is upstream's, with the definitions in it."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import yaml

from lakestead.lab import charts


def test_the_chart_is_packed_with_its_definitions_and_without_its_sub_chart(tmp_path: Path) -> None:
    chart, definitions = tmp_path / "chart", tmp_path / "definitions"
    (chart / "templates/crds").mkdir(parents=True)
    definitions.mkdir()
    meta = {"name": "external-secrets", "version": "0.1.0", "dependencies": [{"name": "x"}]}
    (chart / "Chart.yaml").write_text(yaml.safe_dump(meta))
    for name in ("Chart.lock", "values.yaml", "templates/role.yaml", "templates/crds/README.md"):
        (chart / name).write_text("a: 1\n")
    for name in charts.DEFINITIONS:
        (definitions / name).write_text("b: 2\n")

    packed = charts.package(chart, definitions, "0.2.0")

    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        names = {name.removeprefix("external-secrets/") for name in archive.getnames()}
        member = archive.extractfile("external-secrets/Chart.yaml")
        assert member is not None
        found = yaml.safe_load(member.read())
    wanted = {"Chart.yaml", "values.yaml", "templates/role.yaml"}
    assert names == wanted | {f"templates/crds/{name}" for name in charts.DEFINITIONS}
    assert found == {"name": "external-secrets", "version": "0.2.0", "appVersion": "v0.2.0"}
