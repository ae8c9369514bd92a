"""Apply the folder of manifests that $LAKESTEAD_BENCH_OBJECTS names."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import yaml

from lakestead.operations import kube

# libyaml's parser, eight times as fast as the one in Python.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def manifests(folder: Path) -> list[dict[str, Any]]:
    """All objects in the folder's files."""
    return [
        obj
        for file in sorted(folder.glob("*.yaml"))
        for obj in yaml.load_all(file.read_bytes(), LOADER)
    ]


kube.apply(
    name="Apply the folder",
    objects=manifests(Path(os.environ["LAKESTEAD_BENCH_OBJECTS"])),
    wait=False,
)
