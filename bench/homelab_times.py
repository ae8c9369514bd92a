"""What query times on the lab say about the homelab: python -m bench.homelab_times FILE.json [--scale 10]

Calculated, not measured. What a query waits for beside its own work (planning, a round trip to each server, the
storage's own processors) is taken as it was on the lab; its work grows with the data and is shared by the
workers; and they need to read what it reads. Working and reading go on at once, so the longer one counts:

    waiting  = best seconds - processor seconds / lab's cores
    working  = processor seconds x growth / (workers x cores of one)
    reading  = bytes read x growth / (workers x bytes a second of one)
    seconds  = waiting + the longer of working and reading

+ growth: the scale wanted over the scale measured
+ workers, cores: ``allocations`` of the homelab: trino-worker's replicas and cpu
+ bytes a second: of a worker's network to the object storage
"""

from __future__ import annotations

import argparse
import runpy
from dataclasses import dataclass, replace
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
    """Seconds that a query takes there."""
    waiting = max(item.best - item.cpu / lab_cores, 0.0)
    working = item.cpu * growth / (workers.count * workers.cores)
    reading = item.read * growth / (workers.count * workers.network)
    return waiting + max(working, reading)


def table(document: QueriesDocument, scale: float, lab_cores: float, workers: Workers) -> str:
    """A line for each query, in Markdown, with a network of one and of ten gigabits; over 10 s in bold."""
    growth = scale / document.scale
    lines = [
        f"| query | scale {document.scale:g} on the lab, s | scale {scale:g} on the homelab, 1 Gbit/s, s"
        " | 10 Gbit/s, s |",
        "| --- | --- | --- | --- |",
    ]
    for item in document.queries:
        if item.error:
            lines.append(f"| {item.query} | {item.error} | | |")
            continue
        shown = [f"{item.best:.2f}"]
        for gigabits in (1, 10):
            there = replace(workers, network=gigabits * GIGABIT)
            seconds = calculated(item, growth, lab_cores, there)
            shown.append(f"**{seconds:.1f}**" if seconds > 10 else f"{seconds:.1f}")
        lines.append(f"| {item.query} | {' | '.join(shown)} |")
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
