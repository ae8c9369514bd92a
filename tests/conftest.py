"""pyinfra_cli first: it patches the standard library, which must come before TLS is imported."""

from __future__ import annotations

import runpy
from pathlib import Path

import pyinfra_cli  # noqa: F401
import pytest

from lakestead.settings import Settings
from lakestead.settings.source import Sources
from tests.api_server import api_server  # noqa: F401

PROJECT = Path(__file__).parents[1]


def settings_of(name: str) -> Settings:
    """``group_data/NAME.py``, as a run reads it."""
    data = runpy.run_path(str(PROJECT / f"group_data/{name}.py"))
    return Settings.load(
        {key: data[key] for key in data if key in Settings.model_fields}, Sources()
    )


@pytest.fixture(scope="session")
def settings() -> Settings:
    """Those of the homelab; tests/lab has the lab's."""
    return settings_of("anton")
