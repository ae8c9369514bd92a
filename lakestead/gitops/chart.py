"""A Helm chart of this project as files of the homelab repo."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

CHARTS = "kubernetes/charts"
VERSION = re.compile(rb"^version: *[\"']?([^\"'\s+]+)[\"']?[^\n]*$", re.M)


def chart_files(chart: Path, values: bytes = b"") -> dict[str, bytes]:
    """The chart's files under ``kubernetes/charts/<name>/``, its version stamped with its content.

    ``version: 0.1.0`` becomes ``0.1.0+1f2e3d4c`` (a hash of all files). Flux upgrades a release when its
    chart's version changes; so it does when the chart's content changes, and at no other commit.

    + chart: the chart's folder
    + values: of the release, for ``valuesFiles`` of its HelmRelease: they become file
      ``release-values.yaml``. Chart and values that are in two objects are not changed at once by Flux,
      and a release could be upgraded to a mixture.
    """
    paths = sorted(path for path in chart.rglob("*") if path.is_file() and not _hidden(path, chart))
    contents = {path.relative_to(chart).as_posix(): path.read_bytes() for path in paths}
    if values:
        contents["release-values.yaml"] = values
    digest = hashlib.sha256()
    for name, content in contents.items():
        digest.update(b"%b\0%d\0%b" % (name.encode(), len(content), content))
    stamp = digest.hexdigest()[:8].encode()
    stamped, count = VERSION.subn(rb"version: \1+" + stamp, contents["Chart.yaml"])
    if count != 1:
        raise ValueError(f"{chart}/Chart.yaml: one line version: expected, {count} found")
    contents["Chart.yaml"] = stamped
    return {f"{CHARTS}/{chart.name}/{name}": content for name, content in contents.items()}


def _hidden(path: Path, chart: Path) -> bool:
    parts = path.relative_to(chart).parts
    return any(part.startswith(".") and part != ".helmignore" for part in parts)
