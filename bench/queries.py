"""Query times on the lab: python -m bench.queries [--scale N] [--memory 6Gi] [--markdown FILE]

Brings the lab up, runs phase 1 and objectives 3.1 and 3.2 with tables of that scale in a namespace of their
own, and runs the 22 queries three times each, the selective ones without pushdown too. A run that is
interrupted goes on.
"""

from __future__ import annotations

import argparse
import json
import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[1]
INVENTORY = "inventories/lab.py"


def settings(scale: float, memory: str) -> list[str]:
    """What is other than in the lab's group data, as options."""
    data = runpy.run_path(str(PROJECT / "group_data/lab.py"))
    namespace = f"tpch_sf{scale:g}".replace(".", "_")
    allocations: dict[str, Any] = dict(data["allocations"])
    allocations["trino-worker"] = {**allocations["trino-worker"], "memory": memory}
    changed = {
        "allocations": allocations,
        "trino": {**data["trino"], "tpch": {"scale": scale, "namespace": namespace}},
    }
    return [
        word for key, value in changed.items() for word in ("--data", f"{key}={json.dumps(value)}")
    ]


def run(program: str, *arguments: str) -> None:
    """One command as a user types it; its failure ends the benchmark."""
    folder = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}
    done = subprocess.run([str(folder / program), *arguments], cwd=PROJECT, env=environment)
    if done.returncode != 0:
        sys.exit(done.returncode)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=float, default=10)
    parser.add_argument("--memory", default="6Gi", help="of a worker")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--markdown", default="")
    options = parser.parse_args()
    changed = settings(options.scale, options.memory)
    run("lakestead", "lab", "up")
    run("pyinfra", INVENTORY, "deploys/phase1.py", "-y")
    for objective in ("trino", "query_times"):
        run("pyinfra", INVENTORY, f"deploys/objectives/{objective}.py", "-y", *changed)
    report = ["--markdown", options.markdown] if options.markdown else []
    run(
        "lakestead", "queries", "-i", INVENTORY, "--runs", str(options.runs), "--pushdown",
        *changed, *report,
    )  # fmt: skip


if __name__ == "__main__":
    main()
