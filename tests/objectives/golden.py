"""Transcripts kept as files: what a person sees, without what differs from run to run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent / "golden"
EACH_TIME = (
    (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
    (r"\d{8}-\d{6}-[0-9a-f]{5}", "RUN"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME"),
    (r"ann@[\w.-]+", "ann@desk"),
    (r"--kubeconfig \S+", "--kubeconfig FILE"),
    (r"\S+/kubectl ", "kubectl "),
    (r"\b[0-9a-f]{7,8}\b(?= Open|\))", "COMMIT"),
    (r"commit [0-9a-f]{8}", "commit COMMIT"),
    (r"world-\d+", "world-nnn"),
    (r"Report: \S+/", "Report: "),
    (r"\d{8}T\d{6}", "TIME"),
    (r"in [\d.]+ s", "in N s"),
    (r"  \d+\.\d s\b", "  N s"),
    (r"reverts [0-9a-f]{8}", "reverts COMMIT"),
    (r"  waits for .*\n", ""),
)


def golden(name: str, text: str) -> None:
    """Compare with a file; delete it to have it written anew, and look at it then."""
    file = HERE / name
    for pattern, word in EACH_TIME:
        text = re.sub(pattern, word, text)
    if not file.exists():
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        pytest.fail(f"{file} was not there and is written now: look at it, and run again")
    assert text == file.read_text()
