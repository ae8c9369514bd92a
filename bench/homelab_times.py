"""What query times on the lab say about the homelab: python -m bench.homelab_times FILE.json [--waiting FILE.json]

Calculated, not measured. What a query waits for beside its own work (planning, a round trip to each server, the
storage's own processors) is taken as it was on the lab; its work grows with the data and is shared by the
workers; and they need to read what it reads. Working and reading go on at once, so the longer one counts:

    waiting  = best seconds - processor seconds / lab's cores
    working  = processor seconds x growth / (workers x cores of one)
    reading  = bytes read x growth / (workers x bytes a second of one)
    seconds  = waiting + the longer of working and reading

On the lab's few cores a query also waits for those that storage and garbage collection use, and the more the
longer it works. How long it would be with cores of its own is between that and the waiting at a small scale,
which ``--waiting`` takes from times of such tables.

+ growth: the scale wanted over the scale measured
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


def waiting(item: QueryTime, lab_cores: float) -> float:
    """Seconds in which a query did not work on all of the lab's cores."""
    return max(item.best - item.cpu / lab_cores, 0.0)


def calculated(item: QueryTime, growth: float, waits: float, workers: Workers) -> float:
    """Seconds that a query takes there.

    + waits: seconds beside its work
    """
    working = item.cpu * growth / (workers.count * workers.cores)
    reading = item.read * growth / (workers.count * workers.network)
    return waits + max(working, reading)


def table(
    document: QueriesDocument,
    scale: float,
    lab_cores: float,
    workers: Workers,
    small: QueriesDocument | None = None,
) -> str:
    """A line for each query, in Markdown; over 10 s in bold.

    + small: times at a small scale, whose waiting makes a column of its own
    """
    growth = scale / document.scale
    of_small = {item.query: waiting(item, lab_cores) for item in small.queries} if small else {}
    heads = [f"scale {document.scale:g} on the lab, s", f"scale {scale:g} on the homelab, s"]
    if small:
        heads.append(f"waiting as at scale {small.scale:g}, s")
    lines = [f"| query | {' | '.join(heads)} |", f"| --- |{' --- |' * len(heads)}"]
    for item in document.queries:
        if item.error:
            lines.append(f"| {item.query} | {item.error} |{' |' * (len(heads) - 1)}")
            continue
        waits = [waiting(item, lab_cores)]
        waits += [of_small[item.query]] if item.query in of_small else []
        seconds = [item.best, *(calculated(item, growth, wait, workers) for wait in waits)]
        shown = [f"**{each:.1f}**" if each > 10 else f"{each:.1f}" for each in seconds]
        shown += [""] * (len(heads) - len(shown))
        lines.append(f"| {item.query} | {' | '.join(shown)} |")
    return "\n".join(lines)


def homelab() -> Workers:
    """As ``group_data/anton.py`` has them."""
    worker = runpy.run_path(str(PROJECT / "group_data/anton.py"))["allocations"]["trino-worker"]
    return Workers(worker["replicas"], millicores(worker["cpu"]) / 1000)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("times", type=Path, help="what lakestead queries --json printed")
    parser.add_argument("--waiting", type=Path, help="the same at a small scale")
    parser.add_argument("--scale", type=float, default=10)
    parser.add_argument("--lab-cores", type=float, default=2)
    options = parser.parse_args()
    document, small = (
        QueriesDocument.model_validate_json(file.read_text(encoding="utf-8")) if file else None
        for file in (options.times, options.waiting)
    )
    assert document is not None
    print(table(document, options.scale, options.lab_cores, homelab(), small))


if __name__ == "__main__":
    main()
