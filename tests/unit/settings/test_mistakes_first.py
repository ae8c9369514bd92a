"""A mistake in the settings is told before whatever needs a cluster."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("metastore", "code", "expected", "other"),
    [
        ('{"image": 5}', 2, "metastore.image = 5", "no kubeconfig"),
        (None, 1, "There is no kubeconfig", "in the settings"),
    ],
)
def test_a_mistake_comes_before_a_missing_kubeconfig(
    tmp_path: Path, metastore: str | None, code: int, expected: str, other: str
) -> None:
    program = Path(sys.executable).with_name("lakestead")
    data = ["--data", f'kube={{"kubeconfig": "{tmp_path}/none"}}']
    data += ["--data", f"metastore={metastore}"] if metastore else []
    done = subprocess.run(
        [program, "plan", "deploys/phase1.py", "-i", "inventories/anton.py", *data],
        cwd=PROJECT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == code, done.stderr
    assert expected in done.stderr
    assert other not in done.stderr
