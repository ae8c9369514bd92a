"""What query times on the lab say about the homelab: python -m bench.homelab_times FILE.json [--scale 10]

Calculated, not measured. A query takes at least as long as its processors need, and as long as the workers
need to read what it reads; both at once, so the longer of the two counts:

    processors: best seconds x growth x lab's cores / (workers x cores of one)
    reading:    bytes read x growth / (workers x bytes a second of one)

+ growth: the scale wanted over the scale measured. Most queries grow less, since what is the same at every
  scale (planning, a round trip to each server) grows with them here; so it is an upper bound, on processors as
  fast as the lab's.
+ workers, cores: ``allocations`` of the homelab: trino-worker's replicas and cpu
+ bytes a second: of a worker's network to the object storage
"""

from __future__ import annotations

import argparse
import runpy
from dataclasses import dataclass
from pathlib import Path

from lakestead.plan.quantity import millicores
from lakestead.report.queries import QueriesDocument, QueryTime

PROJECT = Path(__file__).parents[1]
GIGABIT = 10**9 // 8


@dataclass(frozen=True, slots=True)
class Workers:
    """Where queries are to run.

    + count, cores: how many workers, and the processors of one
    + network: bytes a second of one
    """

    count: int
    cores: float
    network: float = GIGABIT


def calculated(item: QueryTime, growth: float, lab_cores: float, workers: Workers) -> float:
    """Seconds that a query takes there, at most."""
    processors = item.best * growth * lab_cores / (workers.count * workers.cores)
    reading = item.read * growth / (workers.count * workers.network)
    return max(processors, reading)


def table(document: QueriesDocument, scale: float, lab_cores: float, workers: Workers) -> str:
    """A line for each query, in Markdown; those over 10 s in bold."""
    growth = scale / document.scale
    lines = [
        f"| query | scale {document.scale:g} on the lab, s | scale {scale:g} on the homelab, s, at most |",
        "| --- | --- | --- |",
    ]
    for item in document.queries:
        if item.error:
            lines.append(f"| {item.query} | {item.error} | |")
            continue
        seconds = calculated(item, growth, lab_cores, workers)
        shown = f"**{seconds:.1f}**" if seconds > 10 else f"{seconds:.1f}"
        lines.append(f"| {item.query} | {item.best:.2f} | {shown} |")
    return "\n".join(lines)


def homelab() -> Workers:
    """As ``group_data/anton.py`` has them."""
    worker = runpy.run_path(str(PROJECT / "group_data/anton.py"))["allocations"]["trino-worker"]
    return Workers(worker["replicas"], millicores(worker["cpu"]) / 1000)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("times", type=Path, help="what lakestead queries --json printed")
    parser.add_argument("--scale", type=float, default=10)
    parser.add_argument("--lab-cores", type=float, default=2)
    options = parser.parse_args()
    document = QueriesDocument.model_validate_json(options.times.read_text(encoding="utf-8"))
    print(table(document, options.scale, options.lab_cores, homelab()))


if __name__ == "__main__":
    main()
