"""Run the sample jobs on the Spark Operator, and compare what they made."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pyinfra import host, state

from lakestead.errors import LakesteadError
from lakestead.journal.undo import DATA, NOTHING
from lakestead.kube.client import Api, ObjectRef
from lakestead.kube.session import api
from lakestead.metastore.client import MetastoreError, databases
from lakestead.operations.command import ApiCommand, Command, failure, operation
from lakestead.operations.object_storage_later import later, not_known
from lakestead.operations.show import progress, show
from lakestead.plan.change import Action, Change
from lakestead.rgw.credentials import Credentials
from lakestead.s3.client import S3
from lakestead.s3.session import user_s3
from lakestead.settings import Settings
from lakestead.spark.application import API_VERSION, KIND, Job, required
from lakestead.spark.due import due, why
from lakestead.spark.follow import follow, submit
from lakestead.spark.sample import TABLE, jobs, raw_files
from lakestead.spark.table import look


@operation
def sample_jobs() -> Iterator[Command]:
    """Put raw files into the bucket, run the jobs ingest, merge and compact, and compare the table.

    Jobs that have run as they are described now, with a table that is row for row what the raw files
    make of it, are not run again. Runs on the workstation.

    **Example:**

    .. code:: python

        spark.sample_jobs(name="Spark: run the sample jobs")
    """
    settings = Settings.of(host)
    section, cluster, say = required(settings), api(host), progress(host)
    table = f"{section.sample}.{TABLE}"
    raw = {f"s3://{bucket}/{key}": (bucket, key) for bucket, key in raw_files(settings)}
    everything = [
        *(Change("Raw file", url, "create") for url in raw),
        *(
            Change("Spark job", f"{section.namespace}/{job.name}", "create")
            for job in jobs(settings)
        ),
    ]
    user = user_s3(cluster, settings.object_storage)
    if user is None:
        yield later(settings.object_storage.user.secret, *everything)
        return
    s3, key = user
    blocked = _blocked(cluster, settings)
    if blocked is not None:
        if state.is_executing:
            raise blocked
        show(host, not_known(everything, blocked.what))
        yield failure(blocked)
        return
    files = raw_files(settings)
    written = {place: _action(_read(s3, *place), content) for place, content in files.items()}
    puts = [
        (place, Change("Raw file", url, written[place]))
        for url, place in raw.items()
        if written[place] != "unchanged"
    ]
    looked = look(settings, key)
    runs = due(cluster, settings, looked, bool(puts))
    changes = [Change("Raw file", url, written[place]) for url, place in raw.items()]
    changes += [
        runs.get(job.name) or Change("Spark job", f"{section.namespace}/{job.name}", "unchanged")
        for job in jobs(settings)
    ]
    changes.append(
        Change("Iceberg table", table, "unchanged" if looked.right else "update", why=why(looked))
    )
    show(host, changes)
    if not puts and not runs:
        host.noop(f"the jobs have run, and table {table} has the {looked.rows} rows that it should")
        return
    for place, change in puts:
        action = _putter(s3, place, files[place])
        yield ApiCommand(f"put {change.name}", action, change=change, undo=DATA)
    for job in jobs(settings):
        if run := runs.get(job.name):
            action = _runner(cluster, settings, job, say)
            yield ApiCommand(f"run Spark job {job.name}", action, change=run, undo=DATA)
    yield ApiCommand(
        f"compare table {table} with the raw files", _comparer(settings, key), undo=NOTHING
    )


def _blocked(cluster: Api, settings: Settings) -> LakesteadError | None:
    """Why nothing can be planned yet."""
    if cluster.served(API_VERSION, KIND) is None:
        return LakesteadError(
            "The cluster has no SparkApplications yet: the Spark Operator brings them",
            do="run the whole of phase 2, or execute objective 2.1",
        )
    try:
        databases(settings.iceberg.thrift, timeout=5)
    except MetastoreError as error:
        return error
    return None


def _action(found: bytes | None, wanted: bytes) -> Action:
    if found is None:
        return "create"
    return "unchanged" if found == wanted else "update"


def _read(s3: S3, bucket: str, key: str) -> bytes | None:
    found = s3.call("GetObject", absent=("NoSuchKey", "404"), Bucket=bucket, Key=key)
    return bytes(found["Body"].read()) if found else None


def _putter(s3: S3, place: tuple[str, str], content: bytes) -> Callable[[], str]:
    def action() -> str:
        s3.call("PutObject", Bucket=place[0], Key=place[1], Body=content)
        return f"{len(content)} bytes"

    return action


def _runner(
    cluster: Api, settings: Settings, job: Job, say: Callable[[str], None]
) -> Callable[[], str]:
    def action() -> str:
        ref: ObjectRef = submit(cluster, settings, job, say)
        return str(follow(cluster, settings, ref, say))

    return action


def _comparer(settings: Settings, key: Credentials) -> Callable[[], str]:
    def action() -> str:
        looked = look(settings, key)
        if not looked.right:
            raise LakesteadError(
                "The sample jobs made something else of the raw files than they should",
                where=f"table {required(settings).sample}.{TABLE}",
                found=why(looked),
                do=f"drop the table and run again; see {required(settings).raw}",
            )
        return f"{looked.rows} rows, each as the raw files have it"

    return action
