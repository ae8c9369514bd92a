"""A real homelab's settings against the lab's API: they load, and the capacity gate refuses them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def test_the_lab_is_too_small_for_anton(lab: Any, tmp_path: Path) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.touch(mode=0o600)
    kubeconfig.write_text((lab.folder / "kubeconfig").read_text().replace("lakestead-lab", "anton"))
    kube = json.dumps({"kubeconfig": str(kubeconfig), "context": "anton"})

    done = lab.pyinfra(
        "deploys/phase1.py",
        "--dry",
        "--limit",
        "cluster",
        "--data",
        f"kube={kube}",
        inventory="inventories/anton.py",
    )

    assert done.returncode == 1
    # A busy machine fails the gate of usage as well, and then there are two to tell of.
    assert "The cluster has enough to spare? No." in done.stderr
    assert "Nothing was changed." in done.stderr
    assert "6 cpu and 55.9Gi memory free on all open nodes together" in done.stderr
    assert "Traceback" not in done.stderr
