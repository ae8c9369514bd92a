"""Group data that are accepted and that are refused: one file a case.

A file of ``invalid`` is read on top of ``valid/minimal.py``; its comments say what is expected:
``expect:`` a part of the message, ``never:`` what must not be in it, ``without:`` a name to leave out.
"""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any

import pytest

from lakestead.errors import LakesteadError
from lakestead.settings import Settings
from lakestead.settings.source import Sources

HERE = Path(__file__).parent
MINIMAL = HERE / "valid" / "minimal.py"


def load(file: Path, without: list[str]) -> Settings:
    data = {**_names(MINIMAL), **_names(file)}
    for name in without:
        del data[name]
    return Settings.load(data, Sources((file, MINIMAL)))


def _names(file: Path) -> dict[str, Any]:
    return {key: value for key, value in runpy.run_path(str(file)).items() if key[:2] != "__"}


@pytest.mark.parametrize("file", sorted(HERE.glob("valid/*.py")), ids=lambda file: file.stem)
def test_valid(file: Path) -> None:
    assert load(file, []).allocations["hive-metastore"].replicas == 1


@pytest.mark.parametrize("file", sorted(HERE.glob("invalid/*.py")), ids=lambda file: file.stem)
def test_invalid(file: Path) -> None:
    comments = re.findall(r"^# (expect|never|without): (.*)$", file.read_text(), re.MULTILINE)
    by_word: dict[str, list[str]] = {"expect": [], "never": [], "without": []}
    for word, text in comments:
        by_word[word].append(text)

    with pytest.raises(LakesteadError) as caught:
        load(file, by_word["without"])

    message = str(caught.value)
    assert by_word["expect"]
    for text in by_word["expect"]:
        assert text in message
    for text in by_word["never"]:
        assert text not in message
    assert f"{file.name} line" in message or by_word["without"]
