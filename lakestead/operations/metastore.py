"""Wait until the metastore answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pyinfra import host, state

from lakestead.errors import LakesteadError
from lakestead.gitops.session import homelab
from lakestead.journal.undo import NOTHING
from lakestead.kube.client import Api, ObjectRef
from lakestead.kube.pods import workload_pods
from lakestead.kube.session import api
from lakestead.kube.status import pod_reason
from lakestead.kube.wait import wait_for
from lakestead.metastore.client import MetastoreError, databases
from lakestead.metastore.deployment import deployment
from lakestead.operations.command import ApiCommand, Command, operation
from lakestead.operations.homelab_commits import PlannedCommits
from lakestead.operations.show import progress, show
from lakestead.plan.change import Change
from lakestead.settings.metastore import Metastore


@operation
def answers(thrift: str, settings: Metastore) -> Iterator[Command]:
    """Ask the metastore for its databases from the workstation, until it answers.

    + thrift: the metastore as the workstation reaches it, ``thrift://HOST:PORT``
    + settings: the metastore's section

    **Example:**

    .. code:: python

        metastore.answers(
            name="Wait for the metastore", thrift="thrift://10.234.0.24:9083", settings=settings
        )
    """
    try:
        databases(thrift, timeout=5)
    except MetastoreError as error:
        reason = error.found
    else:
        show(host, [Change("Hive Metastore", thrift, "unchanged")])
        host.noop(f"the metastore answers at {thrift}")
        return
    if not state.is_executing:
        ref = deployment(settings)
        new = PlannedCommits.of(host).pending(homelab(host)) or api(host).get(ref) is None
        change = Change(
            "Hive Metastore", thrift, "known after apply" if new else "wait", why=reason
        )
        show(host, [change])
    cluster, say = api(host), progress(host)
    yield ApiCommand(
        f"wait until {thrift} answers",
        lambda: _wait(cluster, thrift, settings, say),
        undo=NOTHING,
    )


def _wait(cluster: Api, thrift: str, settings: Metastore, say: Callable[[str], None]) -> str:
    said: set[str] = set()

    def check() -> tuple[bool, str]:
        try:
            databases(thrift)
        except MetastoreError as error:
            if error.found not in said:
                said.add(error.found)
                say(f"the Hive Metastore: {error.found}")
            return False, error.found
        return True, ""

    try:
        wait_for("the Hive Metastore to answer", check, settings.timeout, interval=1)
    except LakesteadError as error:
        ref = deployment(settings)
        raise LakesteadError(
            f"{error.what} ({error.found})",
            where=thrift,
            found="\n".join(_pods(cluster, ref)),
            do=f"kubectl --namespace {ref.namespace} logs deployment/{ref.name} --all-containers",
        ) from error
    return f"the metastore answers at {thrift}"


def _pods(cluster: Api, ref: ObjectRef) -> list[str]:
    deployment = cluster.get(ref)
    if deployment is None:
        return [f"no {ref}"]
    pods = workload_pods(cluster, deployment)
    return [f"pod {pod['metadata']['name']}: {pod_reason(pod)}" for pod in pods] or ["no pod"]
