"""A run of the DAG that fails in the middle of its job, and what is left of it: nothing that is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lakestead.airflow.client import Client
from lakestead.airflow.dags import DAG
from lakestead.airflow.follow import follow
from lakestead.errors import LakesteadError
from lakestead.kube.client import Api
from lakestead.pipeline import runs
from lakestead.pipeline.data import Delivery
from lakestead.pipeline.look import Answer, Looked
from lakestead.settings import Settings
from lakestead.spark.failures import BAD_FILE


@dataclass(frozen=True, slots=True)
class Seen:
    """What a user sees of the tables at one moment.

    + answers: Trino's, each compared with the raw files
    + orphans: data files of the delivery's table that no snapshot has
    """

    looked: Looked
    answers: list[Answer]
    orphans: list[str]


def fail(
    cluster: Api,
    client: Client,
    settings: Settings,
    delivery: Delivery,
    see: Callable[[], Seen],
    say: Callable[[str], None],
) -> list[str]:
    """Run the DAG on a delivery with a broken file, and see that all is as before; what there is to tell.

    Raises LakesteadError where the run succeeds, fails for another reason, or leaves something behind
    that is read.

    + see: looks at the tables
    """
    before = see()
    run = runs.begin(client, settings, delivery, broken=True)
    try:
        follow(cluster, client, settings, DAG, run, say)
    except LakesteadError as error:
        if BAD_FILE not in error.what:
            raise
        said = error
    else:
        raise LakesteadError(
            f"DAG run {run.id} has succeeded, with a file in which a word stands for a number",
            where=runs.parameters(settings, delivery)["folder"],
            expected="a job that refuses the file",
            do="did somebody correct it meanwhile? Run again",
        )
    after = see()
    compare(before, after, delivery)
    written = len(set(after.orphans) - set(before.orphans))
    name = delivery.table.name
    return [
        f"failed, as it should: {said.what}",
        f"table {name} is still at snapshot {after.looked.snapshots[name]}, with "
        f"{len(after.looked.rows[name])} rows; all {len(after.answers)} answers are as before",
        f"data files that Spark had written by then, and that no snapshot has: {written}",
    ]


def compare(before: Seen, after: Seen, delivery: Delivery) -> None:
    """Raise LakesteadError where something is not as it was before the failure."""
    lines = []
    for table in sorted(before.looked.snapshots.keys() | after.looked.snapshots.keys()):
        ids = [seen.looked.snapshots.get(table) for seen in (before, after)]
        if ids[0] != ids[1]:
            lines.append(f"table {table}: snapshot {ids[0]} before, {ids[1]} after")
    more = after.looked.files(delivery.table) - before.looked.files(delivery.table)
    if left := more & set(delivery.files):
        lines.append(f"table {delivery.table.name} has rows of {', '.join(sorted(left))}")
    for old, new in zip(before.answers, after.answers, strict=True):
        if old.rows != new.rows:
            lines.append(f"another answer: {old.question.title}")
    if lines:
        raise LakesteadError(
            "A job that failed in the middle has left something that is read",
            found="\n".join(lines),
            expected="tables, snapshots and answers as before it",
            do="did somebody write to these tables meanwhile? Run again",
        )
