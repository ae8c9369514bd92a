"""Trino's Secrets, and questions to it from the workstation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from pyinfra import host, state

from lakestead.errors import LakesteadError
from lakestead.gitops.session import homelab
from lakestead.iceberg import proved
from lakestead.journal.undo import NOTHING
from lakestead.kube.client import Api, ObjectRef
from lakestead.kube.pods import workload_pods
from lakestead.kube.session import api
from lakestead.kube.status import pod_reason
from lakestead.kube.wait import wait_for
from lakestead.operations.command import ApiCommand, Command, operation
from lakestead.operations.homelab_commits import PlannedCommits
from lakestead.operations.secrets import make_namespace, secret_undo, written
from lakestead.operations.show import progress, show
from lakestead.plan.change import Change
from lakestead.rgw.key_secrets import user_secret
from lakestead.settings import Settings
from lakestead.settings.trino import WORKER
from lakestead.trino.client import TrinoError, connected, servers, who
from lakestead.trino.compare import differences
from lakestead.trino.secrets import Wanted, login, manifest, required, trino_copies, wanted


@operation
def secrets(settings: Settings) -> Iterator[Command]:
    """Make Trino's Secrets: users, certificate, and what its servers know one another by.

    Those that are there are used as they are; a certificate of Lakestead's that runs out is made anew.

    + settings: all of them

    **Example:**

    .. code:: python

        trino.secrets(name="Make Trino's Secrets", settings=settings)
    """
    cluster = api(host)
    missing = wanted(cluster, settings)
    changes = [
        Change("Secret", item.ref.full_name, "update" if item.live else "create", why=item.why)
        for item in missing
    ]
    touched = {item.ref for item in missing}
    left = [
        Change("Secret", copy.source.full_name, "unchanged")
        for copy in trino_copies(settings)
        if copy.source not in touched
    ]
    namespaces = {item.ref.namespace for item in missing}
    new = [
        Change("Namespace", name, "create")
        for name in sorted(filter(None, namespaces))
        if cluster.get(ObjectRef("v1", "Namespace", name)) is None
    ]
    show(host, [*new, *changes, *left])
    if not missing:
        host.noop("Trino's Secrets are there")
        return
    for change in new:
        yield make_namespace(cluster, change)
    for item, change in zip(missing, changes, strict=True):
        yield ApiCommand(
            f"write {item.ref}",
            partial(_write, cluster, item),
            change=change,
            undo=secret_undo(item.ref, change),
        )


def _write(cluster: Api, item: Wanted) -> str:
    """Refused by the server where somebody else has written the Secret since it was read."""
    body = manifest(item)
    if item.live is None:
        path = f"/api/v1/namespaces/{item.ref.namespace}/secrets"
        written(cluster.raw("POST", path, body=body))
    else:
        version = {"resourceVersion": item.live["metadata"]["resourceVersion"]}
        written(cluster.patch(item.ref, {"metadata": version, "data": body["data"]}))
    return f"{item.ref} holds {item.why}"


@operation
def answers(settings: Settings) -> Iterator[Command]:
    """Ask Trino from the workstation: who am I, which servers are there, and a table of pyiceberg's.

    All servers must be active, and the table that proved the catalog in phase 1 must read as pyiceberg
    reads it, row for row. Nothing is written.

    + settings: all of them

    **Example:**

    .. code:: python

        trino.answers(name="Ask Trino", settings=settings)
    """
    section, cluster = required(settings), api(host)
    try:
        said = ask(cluster, settings)
    except (TrinoError, NotYet) as error:
        reason = error.found
    else:
        show(host, [Change("Trino", section.url, "unchanged")])
        host.noop(said)
        return
    if not state.is_executing:
        ref = ObjectRef(
            "apps/v1", "Deployment", _coordinator(settings), settings.metastore.namespace
        )
        new = PlannedCommits.of(host).pending(homelab(host)) or cluster.get(ref) is None
        action = Change("Trino", section.url, "known after apply" if new else "wait", why=reason)
        show(host, [action])
    yield ApiCommand(
        f"wait until {section.url} answers",
        partial(_wait, cluster, settings, progress(host)),
        undo=NOTHING,
    )


class NotYet(LakesteadError):
    """Trino answers, but not all of its servers are there, or its Secrets are not."""


def ask(cluster: Api, settings: Settings) -> str:
    """What the answers came to; raises TrinoError or NotYet where it is too soon, else LakesteadError."""
    section = required(settings)
    known = login(cluster, settings)
    if known is None:
        raise NotYet("Trino cannot be asked", found=f"Secret {section.users_secret} is not there")
    with connected(section.url, known, timeout=15, attempts=1) as trino:
        user = who(trino, section.url)
        there = servers(trino, section.url)
        workers = settings.allocations[WORKER].replicas
        if there["coordinators"] != 1 or there["workers"] < workers:
            found = f"{there['workers']} of {workers} workers are active"
            raise NotYet("Trino is not complete", where=section.url, found=found)
        table = f"{settings.iceberg.namespace}.{settings.iceberg.table}"
        key = user_secret(settings.object_storage.user.secret).read(cluster)
        if key is None:
            raise NotYet("Trino cannot be compared", found="no key of the object storage's user")
        arrow = proved.read(settings.iceberg, settings.object_storage, key)
        if different := differences(trino, f"{section.catalog}.{table}", arrow, section.url):
            raise LakesteadError(
                f"Trino and pyiceberg read different rows of {table}",
                where=section.url,
                found=different,
                expected="the same rows",
                do=f"did somebody write to {table} in between? Run again",
            )
    return (
        f"Trino answers {user}: {there['workers']} workers; {table} has the {arrow.num_rows} rows"
        " that pyiceberg reads"
    )


def _wait(cluster: Api, settings: Settings, say: Callable[[str], None]) -> str:
    section = required(settings)
    said: list[str] = []
    wrong: list[LakesteadError] = []

    def check() -> tuple[bool, str]:
        try:
            said.append(ask(cluster, settings))
        except (TrinoError, NotYet) as error:
            if isinstance(error, TrinoError) and error.lasting:
                wrong.append(error)
                return True, ""
            if error.found not in said:
                said.append(error.found)
                say(f"Trino: {error.found}")
            return False, error.found
        except LakesteadError as error:
            wrong.append(error)
        return True, ""

    try:
        wait_for("Trino to answer", check, section.timeout, interval=1)
    except LakesteadError as error:
        namespace = settings.metastore.namespace
        found = [
            line
            for name in (_coordinator(settings), f"{section.release}-worker")
            for line in _pods(cluster, ObjectRef("apps/v1", "Deployment", name, namespace))
        ]
        raise LakesteadError(
            f"{error.what} ({error.found})",
            where=section.url,
            found="\n".join(found),
            do=f"kubectl --namespace {namespace} logs deployment/{_coordinator(settings)}",
        ) from error
    if wrong:
        raise wrong[0]
    return said[-1]


def _coordinator(settings: Settings) -> str:
    return f"{required(settings).release}-coordinator"


def _pods(cluster: Api, ref: ObjectRef) -> list[str]:
    deployment = cluster.get(ref)
    if deployment is None:
        return [f"no {ref}"]
    pods = workload_pods(cluster, deployment)
    return [f"pod {pod['metadata']['name']}: {pod_reason(pod)}" for pod in pods] or ["no pod"]
