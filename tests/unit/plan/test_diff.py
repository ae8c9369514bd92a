"""Diffs of objects: one file a case."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from lakestead.plan.diff import object_diff, text_diff

CASES = sorted(Path(__file__).with_name("diff").glob("*.yaml"))


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_object_diff(file: Path) -> None:
    case = yaml.safe_load(file.read_text())
    assert object_diff(case["before"], case["after"]) == case["diff"].removesuffix("\n")


def test_new_text_is_a_diff_against_nothing() -> None:
    assert text_diff(None, "a\n", "file") == "--- nothing\n+++ after: file\n@@ -0,0 +1 @@\n+a"
    assert text_diff("a\n", "a\n", "file") == ""
