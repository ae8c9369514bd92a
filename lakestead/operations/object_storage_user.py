"""The user of the object gateway who owns the buckets, and the Secret with its key."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any

from pyinfra import host

from lakestead.errors import LakesteadError
from lakestead.journal.undo import NOTHING, Undo
from lakestead.kube.client import Api, ApiError, ObjectRef
from lakestead.kube.dry_run import apply_error
from lakestead.kube.session import api
from lakestead.operations.command import ApiCommand, Command, operation
from lakestead.operations.object_storage_later import later
from lakestead.operations.secrets import make_namespace, secret_undo, written
from lakestead.operations.show import show
from lakestead.plan.change import Action, Change, with_unchanged
from lakestead.plan.diff import object_diff
from lakestead.plan.rgw_user import Setting, User, differences, plan_user
from lakestead.rgw import users
from lakestead.rgw.client import AdminOps
from lakestead.rgw.credentials import Credentials
from lakestead.rgw.key_secrets import KeySecret, user_secret
from lakestead.rgw.rook import owner_of_user
from lakestead.s3.session import admin_ops
from lakestead.settings.object_storage import ObjectStorage


@operation
def rgw_user(settings: ObjectStorage) -> Iterator[Command]:
    """See to it that ``settings.user`` is as it is wanted, and its key in ``settings.user.secret``.

    The gateway makes the key up. A user of Rook's (CephObjectStoreUser, ObjectBucketClaim) is
    refused. Runs on the workstation.

    **Example:**

    .. code:: python

        rgw_user(name="Have the user and its key", settings=settings)
    """
    cluster = api(host)
    wanted = settings.user.planned
    secret = user_secret(settings.user.secret)
    admin = admin_ops(cluster, settings)
    if admin is None:
        steps = plan_user(wanted, None)
        changes = [*(step.change for step in steps), *plan_secret(cluster, secret, [])]
        yield later(settings.admin.secret, *changes)
        return
    _refuse_rooks(cluster, settings)
    answer = users.read_user(admin, wanted.uid)
    found, keys = answer or (None, [])
    if found and found.suspended:
        raise LakesteadError(
            f"RGW user {wanted.uid} is suspended",
            where=settings.endpoint,
            do=f"find out why; then radosgw-admin user enable --uid={wanted.uid}",
        )
    steps = plan_user(wanted, found)
    secret_changes = plan_secret(cluster, secret, keys)
    changes = [*(step.change for step in steps), *secret_changes]
    show(host, with_unchanged(changes, ("RGW user", wanted.uid), ("Secret", secret.name)))
    if not steps and not secret_changes:
        host.noop(f"RGW user {wanted.uid} and Secret {secret.name} are as they should be")
        return
    for step in steps:
        yield ApiCommand(
            str(step.change),
            _write(admin, step.setting, wanted, found),
            change=step.change,
            undo=_undo(settings, step.setting, new=found is None),
        )
    if steps:
        yield ApiCommand(
            f"read back RGW user {wanted.uid}", lambda: _read_back(admin, wanted), undo=NOTHING
        )
    for change in secret_changes:
        if change.kind == "Namespace":
            yield make_namespace(cluster, change)
        else:
            yield ApiCommand(
                f"write Secret {secret.name}",
                lambda: _write_secret(cluster, admin, wanted.uid, secret),
                change=change,
                undo=secret_undo(secret.ref, change),
            )


def plan_secret(cluster: Api, secret: KeySecret, keys: list[Credentials]) -> list[Change]:
    """What is to be done so that the Secret holds one of ``keys``; none of them: a new one.

    Raises LakesteadError where somebody else keeps the Secret.
    """
    found = cluster.get(secret.ref)
    if found is not None and secret.parse(found) in keys:
        return []
    changes = []
    if found is None and cluster.get(_namespace(secret)) is None:
        changes.append(Change("Namespace", str(secret.ref.namespace), "create"))
    after = secret.manifest(keys[0]) if keys else None
    if found and after:
        apply_secret(cluster, secret, after, dry_run=True)
    why = "it holds no key of this user" if found else ""
    diff = object_diff(_own_part(found), after) if after else ""
    action: Action = "update" if found else "create"
    return [*changes, Change("Secret", secret.name, action, diff, why)]


def _refuse_rooks(cluster: Api, settings: ObjectStorage) -> None:
    uid = settings.user.uid
    owner = owner_of_user(cluster, settings.namespace, settings.object_store, uid)
    if owner:
        raise LakesteadError(
            f"RGW user {uid} is Rook's, and one user is not managed both ways",
            found=f"{owner} owns it",
            expected="a user that nobody else manages",
            do="choose another object_storage.user.uid, or delete Rook's object first "
            "(with the reclaim policy Delete that deletes its buckets)",
        )


def _write(
    admin: AdminOps, setting: Setting, wanted: User, found: User | None
) -> Callable[[], str]:
    caps = found.caps if found else {}
    quota = wanted.quota
    writers: dict[Setting, Callable[[], None]] = {
        "user": lambda: users.create_user(admin, wanted),
        "attributes": lambda: users.set_attributes(admin, wanted),
        "caps": lambda: users.set_caps(admin, wanted.uid, wanted.caps, caps),
        "quota": lambda: users.set_user_quota(admin, wanted.uid, quota) if quota else None,
        "key": lambda: users.add_key(admin, wanted.uid),
    }

    def action() -> str:
        writers[setting]()
        return f"RGW user {wanted.uid}: {setting} written"

    return action


def _read_back(admin: AdminOps, wanted: User) -> str:
    answer = users.read_user(admin, wanted.uid)
    for setting, want, got in differences(wanted, answer[0] if answer else None):
        raise LakesteadError(
            f"The object gateway did not keep {setting} of RGW user {wanted.uid} as it was written",
            where=admin.endpoint,
            found=got,
            expected=want,
            do="nothing was taken back; change the setting and run again",
        )
    return f"RGW user {wanted.uid} reads back as it was written"


def _write_secret(cluster: Api, admin: AdminOps, uid: str, secret: KeySecret) -> str:
    answer = users.read_user(admin, uid)
    if answer is None or not answer[1]:
        raise LakesteadError(f"RGW user {uid} has no S3 key", where=admin.endpoint)
    apply_secret(cluster, secret, secret.manifest(answer[1][0]))
    return f"Secret {secret.name} holds the key of RGW user {uid}"


def apply_secret(
    cluster: Api, secret: KeySecret, manifest: Mapping[str, Any], *, dry_run: bool = False
) -> None:
    """Apply a Secret; one that somebody else keeps is not taken over."""
    try:
        stored = cluster.apply(manifest, dry_run=dry_run)
    except ApiError as error:
        if error.status != HTTPStatus.CONFLICT:
            raise apply_error(secret.ref, error) from error
        raise LakesteadError(
            f"Secret {secret.name} is somebody else's, and its key is none of this user's",
            where=error.where,
            found=apply_error(secret.ref, error).found,
            expected="no such Secret, or one that Lakestead wrote",
            do=f"name another one in object_storage.user.secret, or delete it: kubectl --namespace "
            f"{secret.ref.namespace} delete secret {secret.ref.name}",
        ) from error
    if not dry_run:
        written(stored)


def _undo(settings: ObjectStorage, setting: Setting, *, new: bool) -> Undo:
    """What is set of a user goes with it where this run makes it."""
    if setting == "user":
        return Undo("rgw-user", {"endpoint": settings.endpoint, "uid": settings.user.uid})
    cannot = "" if new else f"the {setting} before is in the plan's diff alone: set it there"
    return Undo("none", cannot=cannot)


def _namespace(secret: KeySecret) -> ObjectRef:
    return ObjectRef("v1", "Namespace", str(secret.ref.namespace))


def _own_part(found: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What of a Secret is written here, so that a diff does not show foreign entries as removed."""
    if found is None:
        return None
    metadata = {key: found["metadata"].get(key) for key in ("name", "namespace", "labels")}
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    data = {key: value for key, value in (found.get("data") or {}).items() if key in names}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {key: value for key, value in metadata.items() if value},
        "type": found.get("type"),
        "data": data,
    }
