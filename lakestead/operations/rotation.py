"""Replace the metastore's credentials: both are valid until no pod uses the old one.

Each operation looks at what is there, so that a run that was killed is finished by the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from pyinfra import host

from lakestead.backup import jobs
from lakestead.credentials.copies import Copy, copies
from lakestead.credentials.kept import BEGUN, MADE_AT, RETIRING, Kept, read
from lakestead.credentials.users import ROLLED_OUT, with_the_old_one
from lakestead.errors import LakesteadError
from lakestead.journal.undo import NOTHING, Undo
from lakestead.kube.client import Api, ObjectRef
from lakestead.kube.readiness import wait_ready
from lakestead.kube.session import api
from lakestead.kube.wait import wait_for
from lakestead.metastore.deployment import deployment
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
    old = with_the_old_one(cluster, copy, rolled_out(cluster, settings))
    if old:
        raise LakesteadError(
            "The old credential is not revoked: it is still in use",
            where=f"namespace {copy.target.namespace}",
            found="\n".join(old),
            do="restart them, or wait for their end; then run deploys/rotate.py again",
        )


def rolled_out(cluster: Api, settings: Settings) -> str:
    """What the annotation of pods says that have the credentials as they are kept."""
    return ",".join(read(cluster, copy).fingerprint for copy in copies(settings))


@operation
def roll_out() -> Iterator[Command]:
    """Give pods the new credentials: wait for their Secrets, restart the metastore, wait for the rest.

    The metastore's Deployment starts new pods before it ends old ones. Ends when no pod of the
    namespace has an old credential any more. Runs on the cluster's host.

    **Example:**

    .. code:: python

        rotation.roll_out(name="Rotation: restart what uses the credentials")
    """
    settings = Settings.of(host)
    cluster, say = api(host), progress(host)
    ref = deployment(settings.metastore)
    kept = [read(cluster, copy) for copy in copies(settings)]
    if all(item.stage(settings) == "current" for item in kept):
        show(host, [Change("Deployment", ref.full_name, "unchanged")])
        host.noop("no credential is being replaced")
        return
    change = Change("Deployment", ref.full_name, "update", why="restart with the new credentials")
    show(host, [change])
    timeout = settings.metastore.timeout
    for item in kept:
        yield ApiCommand(
            f"wait for {item.copy.target}", _wait_for_copy(cluster, item.copy, say), undo=NOTHING
        )
    yield ApiCommand(
        f"restart {ref}", lambda: _restart(cluster, settings, ref), change=change, undo=FORWARD
    )

    def wait() -> str:
        wait_ready(cluster, [ref], timeout)
        return f"{ref} is ready"

    yield ApiCommand(f"wait for {ref}", wait, undo=NOTHING)
    for item in kept:
        yield ApiCommand(
            f"wait until no pod uses the old credential of {item.copy.source}",
            _wait_unused(cluster, settings, item.copy, timeout, say),
            undo=NOTHING,
        )


def _wait_for_copy(cluster: Api, copy: Copy, say: Callable[[str], None]) -> Callable[[], str]:
    return lambda: wait_for_copy(cluster, copy, 120, say)


def _restart(cluster: Api, settings: Settings, ref: ObjectRef) -> str:
    for owner in ("drill", "recover"):  # of killed runs, with the old one: this one has the lock
        jobs.remove_temporary(cluster, settings, owner)
    found = cluster.get(ref)
    if found is None:
        raise LakesteadError(f"{ref} is not there", do="make it first: deploys/phase1.py")
    wanted = rolled_out(cluster, settings)
    template = found["spec"]["template"]["metadata"]
    if (template.get("annotations") or {}).get(ROLLED_OUT) == wanted:
        return f"{ref} is being restarted, or was"
    annotations = {"annotations": {ROLLED_OUT: wanted}}
    written(cluster.patch(ref, {"spec": {"template": {"metadata": annotations}}}))
    return f"{ref} restarts its pods"


def _wait_unused(
    cluster: Api, settings: Settings, copy: Copy, timeout: float, say: Callable[[str], None]
) -> Callable[[], str]:
    def action() -> str:
        said: set[str] = set()

        def check() -> tuple[bool, str]:
            old = with_the_old_one(cluster, copy, rolled_out(cluster, settings))
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
