"""The whole way from raw files to an answer, a day after the other, and once with a failure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from pyinfra import host, state

from lakestead.airflow.dags import DAG
from lakestead.airflow.follow import follow
from lakestead.errors import LakesteadError
from lakestead.journal.undo import DATA, NOTHING
from lakestead.kube.client import Api
from lakestead.kube.session import api
from lakestead.operations.airflow import signed_in
from lakestead.operations.command import ApiCommand, Command, failure, operation
from lakestead.operations.object_storage_later import later, not_known
from lakestead.operations.show import progress, show, tell
from lakestead.pipeline import drill, runs
from lakestead.pipeline.asked import TooEarly, asked, looked
from lakestead.pipeline.catalog import unreferenced
from lakestead.pipeline.data import BROKEN, DRILL, Delivery, deliveries, raw_files
from lakestead.pipeline.files import Place, others, put, url
from lakestead.pipeline.look import Looked
from lakestead.plan.change import Change
from lakestead.s3.session import user_s3
from lakestead.settings import Settings
from lakestead.spark.application import required as spark
from lakestead.trino.secrets import required


@operation
def files(day: int) -> Iterator[Command]:
    """Put a day's raw files into the bucket. Those that are there, by their ETags, are left.

    Nothing is put where their folders have other files.

    + day: of those in ``lakestead.pipeline.data``

    **Example:**

    .. code:: python

        pipeline.files(name="Raw files of day 1", day=1)
    """
    settings = Settings.of(host)
    wanted = raw_files(settings, deliveries(day))
    user = user_s3(api(host), settings.object_storage)
    if user is None:
        changes = _raw(wanted, dict.fromkeys(wanted, False))
        yield later(settings.object_storage.user.secret, *changes)
        return
    s3, _ = user
    missing = others(s3, wanted)
    changes = _raw(wanted, missing)
    show(host, changes)
    if not missing:
        host.noop(f"the files of day {day} are in {spark(settings).raw}")
    for change, (place, content) in zip(changes, wanted.items(), strict=True):
        if place in missing:
            action = partial(put, s3, place, content)
            yield ApiCommand(f"put {url(place)}", action, change=change, undo=DATA)


@operation
def ingest(day: int) -> Iterator[Command]:
    """Have Airflow take a day's files: a run of its DAG for each table, followed to its end.

    What the tables have already, as Trino reads them, is not taken again; a run under way is followed.

    + day: whose files are in the bucket

    **Example:**

    .. code:: python

        pipeline.ingest(name="Ingest day 1", day=1)
    """
    settings, cluster, say = Settings.of(host), api(host), progress(host)
    arrived = deliveries(day)
    tables, early = _tables(cluster, settings)
    due = [delivery for delivery in arrived if tables is None or not tables.has(delivery)]
    changes = [
        Change(
            "DAG run",
            f"{DAG}/{runs.name(settings, delivery)}",
            "create" if delivery in due else "unchanged",
            why=str(delivery) if delivery in due else "",
        )
        for delivery in arrived
    ]
    if early is not None:
        yield _too_early(early, changes)
        return
    show(host, changes)
    if not due:
        host.noop(f"the tables have the files of day {day}")
    for delivery, change in zip(arrived, changes, strict=True):
        if delivery in due:
            action = partial(_run, cluster, settings, delivery, say)
            yield ApiCommand(f"run DAG {DAG}: {delivery}", action, change=change, undo=DATA)


@operation
def answer(day: int) -> Iterator[Command]:
    """Ask Trino questions that join the tables, and compare with what Python computes from the files.

    Both tables are compared row for row too. Nothing is written.

    + day: whose files must be in the tables

    **Example:**

    .. code:: python

        pipeline.answer(name="Answers of day 1", day=1)
    """
    settings, cluster = Settings.of(host), api(host)
    name = f"{required(settings).url}, day {day}"
    if not state.is_executing:
        tables, early = _tables(cluster, settings)
        if early is not None:
            yield _too_early(early, [Change("Answer", name, "wait")])
            return
        missing = _missing(tables, day)
        if missing:
            show(host, [Change("Answer", name, "wait", why=f"first {' and '.join(missing)}")])
            yield ApiCommand("ask and compare", lambda: None, undo=NOTHING)
            return
    tables, answers = asked(cluster, settings)
    if missing := _missing(tables, day):
        raise LakesteadError(
            f"The tables do not have the files of day {day}",
            where=required(settings).url,
            found="\n".join(f"not there: {each}" for each in missing),
            do="run again: the DAG takes what is missing",
        )
    show(host, [Change("Answer", name, "unchanged")])
    counted = ", ".join(f"{len(rows)} {table}" for table, rows in tables.rows.items())
    said = f"{counted}; {len(answers)} answers, each row as Python computes it from the files"
    if state.is_executing:
        tell(host, f"Trino, day {day}: {said}")
    host.noop(said)


@operation
def failing_run() -> Iterator[Command]:
    """Have a run of the DAG fail in the middle of its job, and see that the tables are as before.

    One of the files that it takes has a word where a number belongs. The file is corrected afterwards;
    ``ingest`` then takes all of them. Once those are in the table nothing is done here any more.

    **Example:**

    .. code:: python

        pipeline.failing_run(name="A run that fails leaves nothing")
    """
    settings, cluster, say = Settings.of(host), api(host), progress(host)
    [delivery] = deliveries(DRILL)
    name = f"{DAG}/{runs.name(settings, delivery, broken=True)}"
    tables, early = _tables(cluster, settings)
    if tables is not None and tables.has(delivery):
        show(host, [Change("Drill", name, "unchanged")])
        host.noop("a run that failed has left nothing; its files were corrected and taken")
        return
    broken = raw_files(settings, [delivery], broken=True)
    whole = raw_files(settings, [delivery])
    [wrong] = [place for place in whole if whole[place] != broken[place]]
    run = Change("Drill", name, "create", why=f"a run that fails: {BROKEN} is broken")
    correct = Change("Raw file", url(wrong), "update", why="corrected when the run has failed")
    user = user_s3(cluster, settings.object_storage)
    missing = others(user[0], broken) if user else dict.fromkeys(broken, False)
    changes = _raw(broken, missing)
    if early is not None or user is None:
        yield _too_early(early or TooEarly("There is no key yet"), [*changes, run, correct])
        return
    show(host, [*changes, run, correct])
    s3, key = user
    for change, (place, content) in zip(changes, broken.items(), strict=True):
        if place in missing:
            action = partial(put, s3, place, content)
            yield ApiCommand(f"put {url(place)}", action, change=change, undo=DATA)

    def see() -> drill.Seen:
        return drill.Seen(
            *asked(cluster, settings), unreferenced(settings, s3, key, delivery.table)
        )

    def fail() -> str:
        client = signed_in(cluster, settings)
        said = drill.fail(cluster, client, settings, delivery, see, say)
        for line in said:
            tell(host, line)
        return "\n".join(said)

    yield ApiCommand("run the DAG, which fails", fail, change=run, undo=DATA)
    action = partial(put, s3, wrong, whole[wrong])
    yield ApiCommand(f"correct {url(wrong)}", action, change=correct, undo=DATA)


def _tables(cluster: Api, settings: Settings) -> tuple[Looked | None, TooEarly | None]:
    """The tables; or why Trino cannot be asked yet."""
    try:
        return looked(cluster, settings), None
    except TooEarly as error:
        return None, error


def _too_early(error: TooEarly, changes: Sequence[Change]) -> ApiCommand:
    if state.is_executing:
        raise error
    show(host, not_known(changes, error.found or error.what))
    return failure(error)


def _raw(wanted: Mapping[Place, bytes], missing: Mapping[Place, bool]) -> list[Change]:
    """What becomes of each raw file; ``missing`` as ``others`` has it."""
    return [
        Change(
            "Raw file",
            url(place),
            "unchanged" if place not in missing else "update" if missing[place] else "create",
            why="another object of this name is replaced" if missing.get(place) else "",
        )
        for place in wanted
    ]


def _missing(tables: Looked | None, day: int) -> list[str]:
    return [str(each) for each in deliveries(day) if tables is None or not tables.has(each)]


def _run(cluster: Api, settings: Settings, delivery: Delivery, say: Callable[[str], None]) -> str:
    client = signed_in(cluster, settings)
    run = runs.begin(client, settings, delivery)
    return follow(cluster, client, settings, DAG, run, say)
