"""The charts of the lab's Helm repository are upstream's, External Secrets' with its definitions."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import yaml

from lakestead.lab.charts import Chart, package


def test_a_chart_is_packed_with_its_definitions_and_without_its_sub_chart(tmp_path: Path) -> None:
    chart = Chart("external-secrets", "example.test/x", "chart", ("kind.yaml",), "definitions")
    folder, definitions = tmp_path / "chart", tmp_path / "definitions"
    (folder / "templates/crds").mkdir(parents=True)
    definitions.mkdir()
    meta = {"name": "external-secrets", "version": "0.1.0", "dependencies": [{"name": "x"}]}
    (folder / "Chart.yaml").write_text(yaml.safe_dump(meta))
    for name in ("Chart.lock", "values.yaml", "templates/role.yaml", "templates/crds/README.md"):
        (folder / name).write_text("a: 1\n")
    (definitions / "kind.yaml").write_text("b: 2\n")

    packed = package(chart, tmp_path)

    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        names = {name.removeprefix("external-secrets/") for name in archive.getnames()}
        member = archive.extractfile("external-secrets/Chart.yaml")
        assert member is not None
        found = yaml.safe_load(member.read())
    assert names == {"Chart.yaml", "values.yaml", "templates/role.yaml", "templates/crds/kind.yaml"}
    version = chart.version
    assert found == {"name": "external-secrets", "version": version, "appVersion": f"v{version}"}
