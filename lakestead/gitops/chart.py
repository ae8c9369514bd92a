"""A Helm chart of this project as files of the homelab repo."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import yaml

from lakestead.helm.values import merge

CHARTS = "kubernetes/charts"
_WORD = re.compile(r"[A-Za-z_][A-Za-z_./-]+")
VERSION = re.compile(rb"^version: *[\"']?([^\"'\s+]+)[\"']?[^\n]*$", re.M)


def chart_files(chart: Path, values: bytes = b"") -> dict[str, bytes]:
    """The chart's files under ``kubernetes/charts/<name>/``, its version stamped with its content.

    ``version: 0.1.0`` becomes ``0.1.0+1f2e3d4c`` (a hash of all files). Flux upgrades a release when its
    chart's version changes; so it does when the chart's content changes, and at no other commit.

    + chart: the chart's folder
    + values: of the release, as YAML; they are merged into the chart's own ``values.yaml``. Flux does
      not change a chart and the values in its HelmRelease at once, and could upgrade to a mixture; of
      ``valuesFiles`` it does not notice the changes (source-controller then replaces the version's stamp
      by a number of its own).
    """
    paths = sorted(path for path in chart.rglob("*") if path.is_file() and not _hidden(path, chart))
    contents = {path.relative_to(chart).as_posix(): path.read_bytes() for path in paths}
    if values:
        contents["values.yaml"] = _merged(contents["values.yaml"], values)
    digest = hashlib.sha256()
    for name, content in contents.items():
        digest.update(b"%b\0%d\0%b" % (name.encode(), len(content), content))
    stamp = digest.hexdigest()[:8].encode()
    stamped, count = VERSION.subn(rb"version: \1+" + stamp, contents["Chart.yaml"])
    if count != 1:
        raise ValueError(f"{chart}/Chart.yaml: one line version: expected, {count} found")
    contents["Chart.yaml"] = stamped
    return {f"{CHARTS}/{chart.name}/{name}": content for name, content in contents.items()}


class _Plain(yaml.SafeDumper):
    """Texts in quotes, but for words: other YAML parsers see more numbers and truths in them (1e3, y)."""


def _text(dumper: _Plain, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None if _WORD.fullmatch(text) else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Plain.add_representer(str, _text)


def _merged(defaults: bytes, values: bytes) -> bytes:
    merged = merge(yaml.safe_load(defaults) or {}, yaml.safe_load(values) or {})
    text = yaml.dump(merged, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=1000)
    return f"# The chart's defaults, with what Lakestead's settings say.\n{text}".encode()


def _hidden(path: Path, chart: Path) -> bool:
    parts = path.relative_to(chart).parts
    return any(part.startswith(".") and part != ".helmignore" for part in parts)
