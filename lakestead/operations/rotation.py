"""Replace the metastore's credentials: both are valid until no pod uses the old one.

Each operation looks at what is there, so that a run that was killed is finished by the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from pyinfra import host

from lakestead.backup import jobs
from lakestead.credentials.copies import Copy, copies, further
from lakestead.credentials.kept import BEGUN, MADE_AT, RETIRING, Kept, read
from lakestead.credentials.users import ROLLED_OUT, with_the_old_one
from lakestead.credentials.workloads import Workload, workloads
from lakestead.errors import LakesteadError
from lakestead.journal.undo import NOTHING, Undo
from lakestead.kube.client import Api
from lakestead.kube.readiness import wait_ready
from lakestead.kube.session import api
from lakestead.kube.wait import wait_for
from lakestead.operations.command import ApiCommand, Command, operation
from lakestead.operations.external_secrets import wait_for_copy
from lakestead.operations.secrets import written
from lakestead.operations.show import progress, show
from lakestead.plan.change import Change
from lakestead.settings import Settings

# What is begun is finished by running the deploy again; values of a Secret are in no journal.
FORWARD = Undo("none", cannot="a rotation goes forward: run deploys/rotate.py again")


def publish(cluster: Api, copy: Copy, successor: dict[str, str]) -> str:
    """Keep a new credential, and note which one it replaces."""
    kept = read(cluster, copy)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    notes = {MADE_AT: now, RETIRING: kept.fingerprint}
    written(kept.write(cluster, successor, notes))
    return f"{copy.source} holds the new one"


def finish(cluster: Api, copy: Copy) -> str:
    """Note that the old credential is not valid any more."""
    kept = read(cluster, copy)
    notes = {key: value for key, value in kept.notes.items() if key != RETIRING}
    written(kept.write(cluster, kept.values(), notes))
    return f"{copy.source}: the one before is revoked"


def begin(cluster: Api, copy: Copy, note: str, more: dict[str, str]) -> str:
    """Note that a successor is being made; entries in ``more`` are kept with the credential."""
    kept = read(cluster, copy)
    written(kept.write(cluster, kept.values() | more, kept.notes | {BEGUN: note}))
    return f"{copy.source}: a successor is begun"


def why(kept: Kept) -> str:
    """How old a credential is, in words."""
    age = kept.age
    if age.begun:
        return "a run before this one has begun it"
    return f"made {age.made_at:%Y-%m-%d %H:%M} UTC"


def left(copy: Copy, kind: str, name: str, kept: Kept) -> list[Change]:
    """What a credential's operations show where there is nothing to do for them."""
    reason = "its successor is kept already" if kept.age.retiring else why(kept)
    return [
        Change(kind, name, "unchanged", why=reason),
        Change("Secret", copy.source.full_name, "unchanged"),
    ]


def require_unused(cluster: Api, settings: Settings, copy: Copy) -> None:
    """Raise LakesteadError while a pod has the old credential."""
    old = _users_of_the_old_one(cluster, settings, copy)
    if old:
        raise LakesteadError(
            "The old credential is not revoked: it is still in use",
            where=", ".join(
                f"namespace {item.target.namespace}"
                for item in (copy, *further(cluster, settings, copy))
            ),
            found="\n".join(old),
            do="restart them, or wait for their end; then run deploys/rotate.py again",
        )


@operation
def roll_out() -> Iterator[Command]:
    """Give pods the new credentials: wait for their Secrets, restart what has them, wait for the rest.

    The metastore's Deployment starts new pods before it ends old ones; Trino's workers drain. Ends when
    no pod of the namespace has an old credential any more. Runs on the cluster's host.

    **Example:**

    .. code:: python

        rotation.roll_out(name="Rotation: restart what uses the credentials")
    """
    settings = Settings.of(host)
    cluster, say = api(host), progress(host)
    kept = [read(cluster, copy) for copy in copies(settings)]
    replaced = [item.copy for item in kept if item.stage(settings) != "current"]
    restarted = list(workloads(cluster, settings, replaced))
    if not replaced:
        show(host, [Change("Deployment", item.ref.full_name, "unchanged") for item in restarted])
        host.noop("no credential is being replaced")
        return
    why = "restart with the new credentials"
    changes = [Change("Deployment", item.ref.full_name, "update", why=why) for item in restarted]
    show(host, changes)
    for item in kept:
        yield ApiCommand(
            f"wait for {item.copy.target}", _wait_for_copy(cluster, item.copy, say), undo=NOTHING
        )
        for other in further(cluster, settings, item.copy):
            yield ApiCommand(
                f"bring it to {other.target}", _bring(cluster, settings, other, say), undo=FORWARD
            )
    for workload, change in zip(restarted, changes, strict=True):
        yield ApiCommand(
            f"restart {workload.ref}",
            _restart(cluster, settings, workload),
            change=change,
            undo=FORWARD,
        )
        yield ApiCommand(f"wait for {workload.ref}", _wait_ready(cluster, workload), undo=NOTHING)
    timeout = max(item.timeout for item in restarted)
    for item in kept:
        yield ApiCommand(
            f"wait until no pod uses the old credential of {item.copy.source}",
            _wait_unused(cluster, settings, item.copy, timeout, say),
            undo=NOTHING,
        )


def _users_of_the_old_one(cluster: Api, settings: Settings, copy: Copy) -> list[str]:
    """Pods that still have it: restarted ones that are ending, and jobs, which end by themselves."""
    wanted = read(cluster, copy).fingerprint
    return [
        pod
        for item in (copy, *further(cluster, settings, copy))
        for pod in with_the_old_one(cluster, item, wanted)
    ]


def _bring(
    cluster: Api, settings: Settings, copy: Copy, say: Callable[[str], None]
) -> Callable[[], str]:
    if settings.secrets.copied_to(str(copy.target.namespace)):
        return _wait_for_copy(cluster, copy, say)

    def action() -> str:
        written(cluster.apply(copy.manifest(cluster)))
        return f"{copy.target} is what is kept"

    return action


def _wait_for_copy(cluster: Api, copy: Copy, say: Callable[[str], None]) -> Callable[[], str]:
    return lambda: wait_for_copy(cluster, copy, 120, say)


def _restart(cluster: Api, settings: Settings, workload: Workload) -> Callable[[], str]:
    ref = workload.ref

    def action() -> str:
        jobs.remove_killed(cluster, settings)  # they have the old one
        found = cluster.get(ref)
        if found is None:
            raise LakesteadError(f"{ref} is not there", do="make it first: deploys/phase1.py")
        wanted = workload.rolled_out(cluster)
        template = found["spec"]["template"]["metadata"]
        if (template.get("annotations") or {}).get(ROLLED_OUT) == wanted:
            return f"{ref} is being restarted, or was"
        annotations = {"annotations": {ROLLED_OUT: wanted}}
        written(cluster.patch(ref, {"spec": {"template": {"metadata": annotations}}}))
        return f"{ref} restarts its pods"

    return action


def _wait_ready(cluster: Api, workload: Workload) -> Callable[[], str]:
    def action() -> str:
        wait_ready(cluster, [workload.ref], workload.timeout)
        return f"{workload.ref} is ready"

    return action


def _wait_unused(
    cluster: Api, settings: Settings, copy: Copy, timeout: float, say: Callable[[str], None]
) -> Callable[[], str]:
    def action() -> str:
        said: set[str] = set()

        def check() -> tuple[bool, str]:
            old = _users_of_the_old_one(cluster, settings, copy)
            for line in set(old) - said:
                said.add(line)
                say(line)
            return not old, "\n".join(old)

        try:
            wait_for("pods with the old credential to end", check, timeout, interval=1)
        except LakesteadError:
            require_unused(cluster, settings, copy)
        return f"no pod uses the old credential of {copy.source}"

    return action
