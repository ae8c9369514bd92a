"""Trigger the DAG that phase 2 adds to Airflow, and follow its run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from pyinfra import host, state

from lakestead.airflow.client import AirflowError, Client, Run
from lakestead.airflow.dags import DAG, fingerprint, parameters, required
from lakestead.airflow.follow import follow, known, wait_until_known
from lakestead.errors import LakesteadError
from lakestead.journal.undo import DATA, NOTHING
from lakestead.kube.client import Api
from lakestead.kube.session import api
from lakestead.operations.command import ApiCommand, Command, operation
from lakestead.operations.show import progress, show
from lakestead.plan.change import Change
from lakestead.settings import Settings
from lakestead.settings.secret import resolve


@operation
def dag_run() -> Iterator[Command]:
    """Run the DAG once as it is now, through Airflow's own API: it submits a Spark job and waits for it.

    A run of this version that has succeeded is not made again; one that is under way is followed.

    **Example:**

    .. code:: python

        airflow.dag_run(name="Airflow: run the DAG once")
    """
    settings = Settings.of(host)
    cluster, say = api(host), progress(host)
    version = fingerprint(settings)
    there, why = False, "this version has not run yet"
    runs: list[Run] = []
    try:
        client = signed_in(cluster, settings)
        runs = of_version(client.runs(DAG), version)
        there = known(client, settings, DAG, version)
    except LakesteadError as error:
        if not isinstance(error, AirflowError) and state.is_executing:
            raise
        why = error.found or error.what
    succeeded = next((run for run in runs if run.state == "success"), None)
    going = next((run for run in runs if not run.ended), None)
    if succeeded and there:
        show(host, [Change("DAG run", f"{DAG}/{succeeded.id}", "unchanged")])
        host.noop(f"DAG run {DAG}/{succeeded.id} has succeeded")
        return
    name = going.id if going else f"{prefix(version)}{len(runs) + 1}"
    if succeeded:
        show(host, [Change("DAG run", f"{DAG}/{succeeded.id}", "wait", why="DAG not parsed")])
    else:
        if runs:
            why = f"{runs[0].id} is under way" if going else f"{runs[0].id} failed"
        change = Change("DAG run", f"{DAG}/{name}", "create", why=why)
        show(host, [change])
    yield ApiCommand(
        f"wait until Airflow knows DAG {DAG}",
        partial(_wait, cluster, settings, version, say),
        undo=NOTHING,
    )
    if not succeeded:
        yield ApiCommand(
            f"run DAG {DAG} as {name}",
            partial(_run, cluster, settings, name, say),
            change=change,
            undo=DATA,
        )


def prefix(version: str) -> str:
    """How the ids of a version's runs begin."""
    return f"lakestead-{version}-"


def of_version(runs: list[Run], version: str) -> list[Run]:
    """Those of the runs that Lakestead has made of a version, in their order."""
    return [run for run in runs if run.id.startswith(prefix(version))]


def signed_in(cluster: Api, settings: Settings) -> Client:
    """Airflow's API; raises LakesteadError where the password cannot be read."""
    section = required(settings)
    return Client(section, resolve(section.password, cluster))


def _wait(cluster: Api, settings: Settings, version: str, say: Callable[[str], None]) -> str:
    return wait_until_known(signed_in(cluster, settings), settings, DAG, version, say)


def _run(cluster: Api, settings: Settings, name: str, say: Callable[[str], None]) -> str:
    client = signed_in(cluster, settings)
    run = client.run(DAG, name) or client.trigger(DAG, name, parameters(settings))
    return follow(cluster, client, settings, DAG, run, say)
