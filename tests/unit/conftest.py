from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from lakestead.settings import Settings
from lakestead.settings.source import Sources

PROJECT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def settings() -> Settings:
    """Those of the homelab."""
    data = runpy.run_path(str(PROJECT / "group_data/anton.py"))
    return Settings.load(
        {name: data[name] for name in Settings.model_fields if name in data}, Sources()
    )
