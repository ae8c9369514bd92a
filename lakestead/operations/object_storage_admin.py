"""The key for the Admin Ops API: used where there is one, made where there is none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pyinfra import host

from lakestead.errors import LakesteadError
from lakestead.journal.undo import Undo
from lakestead.kube.client import Api, ApiError
from lakestead.kube.dry_run import apply_error
from lakestead.kube.session import api
from lakestead.operations.command import ApiCommand, Command, operation
from lakestead.operations.secrets import secret_undo, written
from lakestead.operations.show import show
from lakestead.plan.change import Change
from lakestead.rgw.credentials import Credentials
from lakestead.rgw.first_admin import CAPS, Toolbox, lacking
from lakestead.rgw.key_secrets import KeySecret, admin_secret
from lakestead.rgw.rook import owner_of_user
from lakestead.settings.object_storage import ObjectStorage


@operation
def admin_key(settings: ObjectStorage) -> Iterator[Command]:
    """See to it that the Secret ``settings.admin.secret`` holds a key for the Admin Ops API.

    Where it is there it is used as it is. Where it is not, the user ``settings.admin.uid`` is made
    in the toolbox pod, or read back if it is there, and its key is written to the Secret. The key is
    in no output and no argument. Runs on the toolbox host.

    **Example:**

    .. code:: python

        admin_key(name="Have a key for the Admin Ops API", settings=settings)
    """
    cluster = api(host)
    secret = admin_secret(settings.admin.secret)
    if secret.read(cluster) is not None:
        show(host, [Change("Secret", secret.name, "unchanged")])
        host.noop(f"Secret {secret.name} is used as it is")
        return
    uid = settings.admin.uid
    owner = owner_of_user(cluster, settings.namespace, settings.object_store, uid)
    if owner:
        raise LakesteadError(
            f"RGW user {uid} is to be made, but Rook has it already",
            found=f"{owner} owns it",
            do="choose another object_storage.admin.uid",
        )
    connector: Any = host.connector
    toolbox = Toolbox(
        cluster,
        host.data.kubepod_namespace,
        connector.pod,
        host.data.kubepod_container,
        settings.object_store,
    )
    found = toolbox.read_user(uid)
    changes = [] if found else [Change("RGW user", uid, "create", why="the first with admin caps")]
    why = "its key is read back" if found else ""
    secret_change = Change("Secret", secret.name, "create", why=why)
    show(host, [*changes, secret_change])
    for change in changes:
        yield ApiCommand(
            f"have RGW user {uid}",
            lambda: _have_user(toolbox, uid),
            change=change,
            undo=Undo("none", cannot=f"the key of {uid} may be in use: radosgw-admin user rm"),
        )
    yield ApiCommand(
        f"write the key of RGW user {uid} to Secret {secret.name}",
        lambda: _write(cluster, toolbox, uid, secret),
        change=secret_change,
        undo=secret_undo(secret.ref, secret_change),
    )


def _write(cluster: Api, toolbox: Toolbox, uid: str, secret: KeySecret) -> str:
    key = _key(toolbox, uid)
    try:
        written(cluster.apply(secret.manifest(key)))
    except ApiError as error:
        raise apply_error(secret.ref, error) from error
    return f"Secret {secret.name} holds the key of RGW user {uid}"


def _have_user(toolbox: Toolbox, uid: str) -> str:
    _key(toolbox, uid)
    return f"RGW user {uid} has a key"


def _key(toolbox: Toolbox, uid: str) -> Credentials:
    """The user's key; a run that was killed may have left the user and nothing else."""
    found = toolbox.read_user(uid)
    if found is None:
        return toolbox.create_user(uid, CAPS)[0]
    caps, keys = found
    missing = lacking(caps)
    if missing:
        toolbox.add_caps(uid, missing)
    return (keys or toolbox.add_key(uid))[0]
