"""Query times on the lab: python -m bench.queries [--scale N] [--memory 6Gi] [--folder DIR] [--known FILE]

Brings the lab up, runs phase 1 and objectives 3.1 and 3.2 with tables of that scale in a namespace of their
own, and runs the 22 queries three times each, the selective ones with pushdown and without it in turn. Needs
nobody: what there is not room for is refused at once, and a run that is interrupted goes on when it is started
again. Times are in the folder as soon as each is known.
"""

from __future__ import annotations

import argparse
import json
import os
import runpy
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from lakestead.errors import LakesteadError
from lakestead.lab.paths import lab_dir
from lakestead.plan.quantity import show_bytes

PROJECT = Path(__file__).parents[1]
INVENTORY = "inventories/lab.py"
DATA_PER_SCALE = 300 << 20
"""Bytes of the eight tables in the lab's object storage at scale 1, and what a run beside them leaves."""

LAB = 6 << 30
"""Bytes of disk that a lab with phases 1 and 3 in it takes, its parts being in the cache."""


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


def require_room(scale: float, free: int) -> None:
    """Raise LakesteadError where the disk would be full on the way; memory is the capacity gate's part.

    + free: bytes where the lab's data lie
    """
    data = int(DATA_PER_SCALE * scale)
    if free < data + LAB:
        raise LakesteadError(
            f"There is too little disk for tables of scale {scale:g}",
            where=str(lab_dir()),
            found=f"{show_bytes(free)} free",
            expected=f"{show_bytes(data + LAB)}: the tables about {show_bytes(data)}, the rest is the lab",
            do="a smaller --scale, or another place for the lab: LAKESTEAD_LAB_DIR",
        )


def run(program: str, *arguments: str) -> None:
    """One command as a user types it; its failure ends the benchmark."""
    folder = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}
    begun = time.monotonic()
    shown = " ".join([program, *(word for word in arguments if "{" not in word)])
    print(f"== {time.strftime('%H:%M:%S')} {shown}", flush=True)
    done = subprocess.run([str(folder / program), *arguments], cwd=PROJECT, env=environment)
    print(f"== {time.monotonic() - begun:.0f} s", flush=True)
    if done.returncode != 0:
        sys.exit(done.returncode)


def known(times: Path, file: Path) -> None:
    """Write what every query answers, once all have been compared with the generator's own data."""
    document = json.loads(times.read_text())
    answers = {
        str(item["query"]): {"rows": item["rows"], "checksum": item["checksum"]}
        for item in document["queries"]
    }
    file.write_text(json.dumps({"scale": document["scale"], "answers": answers}, indent=1) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=float, default=10)
    parser.add_argument("--memory", default="6Gi", help="of a worker")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=Path("/tmp/lakestead-bench-queries"))
    parser.add_argument("--known", type=Path, help="write the answers' checksums there")
    options = parser.parse_args()
    changed = settings(options.scale, options.memory)
    options.folder.mkdir(parents=True, exist_ok=True)
    times = options.folder / f"sf{options.scale:g}.json"
    lab_dir().mkdir(parents=True, exist_ok=True)
    try:
        require_room(options.scale, shutil.disk_usage(lab_dir()).free)
    except LakesteadError as error:
        sys.exit(str(error))
    run("lakestead", "lab", "up")
    run("pyinfra", INVENTORY, "deploys/phase1.py", "-y")
    for objective in ("trino", "query_times"):
        run("pyinfra", INVENTORY, f"deploys/objectives/{objective}.py", "-y", *changed)
    more = ["--check"] if options.known else []
    if options.known:
        times.unlink(missing_ok=True)
    run(
        "lakestead", "queries", "-i", INVENTORY, "--runs", str(options.runs), "--pushdown", *more,
        "--keep", str(times), "--markdown", str(times.with_suffix(".md")), *changed,
    )  # fmt: skip
    if options.known:
        known(times, options.known.absolute())


if __name__ == "__main__":
    main()
