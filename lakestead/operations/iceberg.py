"""Prove the Iceberg catalog with a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from pyinfra import host, state

from lakestead.iceberg.catalog import connect
from lakestead.iceberg.failures import explained
from lakestead.iceberg.proof import Proof
from lakestead.journal.undo import DATA, NOTHING
from lakestead.kube.session import api
from lakestead.metastore.client import MetastoreError, databases
from lakestead.operations.command import ApiCommand, Command, failure, operation
from lakestead.operations.object_storage_later import later, not_known
from lakestead.operations.show import progress, show
from lakestead.plan.change import with_unchanged
from lakestead.plan.iceberg import Found, changes, missing
from lakestead.rgw.key_secrets import user_secret
from lakestead.settings.iceberg import Iceberg
from lakestead.settings.object_storage import ObjectStorage


@operation
def proof_table(settings: Iceberg, s3: ObjectStorage) -> Iterator[Command]:
    """Make a namespace and a table, append twice, read both states back and compare.

    What is there is not done again, so that a complete table is only read. A table of that name which
    Lakestead did not make is refused. Runs on the workstation, with the user's own key.

    + settings: the catalog's section
    + s3: the object storage's section

    **Example:**

    .. code:: python

        iceberg.proof_table(name="Prove Iceberg", settings=s.iceberg, s3=s.object_storage)
    """
    name = f"{settings.namespace}.{settings.table}"
    key = user_secret(s3.user.secret).read(api(host))
    everything = changes(missing(Found()), settings.namespace, settings.table, settings.warehouse)
    if key is None:
        yield later(s3.user.secret, *everything)
        return
    try:
        databases(settings.thrift, timeout=5)
    except MetastoreError as error:
        if state.is_executing:
            raise
        why = f"the metastore does not answer yet: {error.found}"
        show(host, not_known(everything, why))
        yield failure(error)
        return
    catalog = connect(settings, s3, key)
    proof = Proof(catalog, settings.namespace, settings.table, settings.warehouse, progress(host))

    def run(doing: str, action: Callable[[], str]) -> Callable[[], str]:
        def explained_action() -> str:
            with explained(doing, settings, s3):
                return action()

        return explained_action

    with explained(f"look at table {name}", settings, s3):
        steps = missing(proof.look())
    planned = changes(steps, settings.namespace, settings.table, settings.warehouse)
    things = (("Iceberg namespace", settings.namespace), ("Iceberg table", name))
    show(host, with_unchanged(planned, *things))
    if not steps:
        said = run(f"read table {name}", proof.verify)()
        host.noop(said)
        return
    for step, change in zip(steps, planned, strict=True):
        doing = f"make namespace {settings.namespace}" if step == "namespace" else f"write {name}"
        action = run(doing, partial(proof.do, step))
        yield ApiCommand(f"{name}: {step}", action, change=change, undo=DATA)
    yield ApiCommand(f"{name}: read back", run(f"read table {name}", proof.verify), undo=NOTHING)
