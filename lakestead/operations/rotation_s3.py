"""Replace the S3 key of the user who owns the buckets: the gateway lets a user have two."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pyinfra import host

from lakestead.credentials.copies import s3_copy
from lakestead.credentials.kept import BEGUN, read
from lakestead.errors import LakesteadError
from lakestead.kube.client import Api
from lakestead.kube.session import api
from lakestead.kube.wait import wait_for
from lakestead.operations.command import ApiCommand, Command, operation
from lakestead.operations.object_storage_round_trip import NOTHING_LEFT, proof
from lakestead.operations.rotation import (
    FORWARD,
    begin,
    finish,
    left,
    publish,
    require_unused,
    why,
)
from lakestead.operations.show import show
from lakestead.plan.buckets import BucketWanted
from lakestead.plan.change import Change
from lakestead.plan.rotation import fingerprint
from lakestead.plan.round_trip import proves
from lakestead.rgw import users
from lakestead.rgw.client import AdminOps
from lakestead.rgw.credentials import Credentials
from lakestead.s3.client import S3
from lakestead.s3.session import admin_ops, user_s3
from lakestead.settings import Settings

KIND = "S3 key of RGW user"


@operation
def new_key() -> Iterator[Command]:
    """Add a key that the gateway makes up, and keep it, where the one in use is too old.

    A round trip through every bucket proves that it can do what the old one can, which stays valid.
    Runs on the workstation.

    **Example:**

    .. code:: python

        rotation_s3.new_key(name="Rotation: a new S3 key")
    """
    settings = Settings.of(host)
    cluster, copy, uid = api(host), s3_copy(settings), settings.object_storage.user.uid
    kept = read(cluster, copy)
    if kept.stage(settings) != "replace":
        show(host, left(copy, KIND, uid, kept))
        host.noop(f"the key of {uid} stays")
        return
    admin = _admin(cluster, settings)
    key = Change(KIND, uid, "create", why=f"beside the one in use, {why(kept)}")
    source = Change("Secret", copy.source.full_name, "update", why="the new key")
    buckets = settings.object_storage.wanted_buckets
    trips = [
        Change("Round trip", f"s3://{bucket.name}", "update", why="with the new key")
        for bucket in buckets
    ]
    show(host, [key, source, *trips])

    def note() -> str:
        if BEGUN in read(cluster, copy).notes:
            return "a key was begun before"
        known = ",".join(fingerprint(item.access_key) for item in _keys(admin, uid))
        return begin(cluster, copy, known, {})

    def make() -> str:
        if _new(cluster, settings, admin) is None:
            users.add_key(admin, uid)
        return f"RGW user {uid} has a new key"

    def keep() -> str:
        made = _new(cluster, settings, admin)
        if made is None:
            raise LakesteadError(
                f"The new key of RGW user {uid} is not there any more",
                where=settings.object_storage.endpoint,
                do="run deploys/rotate.py again",
            )
        _wait_until_it_works(settings, made)
        access_key, secret_key = copy.keys
        values = {access_key: made.access_key, secret_key: made.secret_key}
        return publish(cluster, copy, values)

    yield ApiCommand("note the keys that are there", note, change=source, undo=FORWARD)
    yield ApiCommand(f"add a key of RGW user {uid}", make, change=key, undo=FORWARD)
    yield ApiCommand(f"keep it in {copy.source}", keep, change=source, undo=FORWARD)
    for bucket, trip in zip(buckets, trips, strict=True):
        yield ApiCommand(
            f"round trip through bucket {bucket.name}",
            _prove(cluster, settings, bucket),
            change=trip,
            undo=NOTHING_LEFT,
        )


@operation
def revoke_key() -> Iterator[Command]:
    """Take the old key away, once no pod uses it, and see that it is refused. Runs on the workstation.

    **Example:**

    .. code:: python

        rotation_s3.revoke_key(name="Rotation: revoke the old S3 key")
    """
    settings = Settings.of(host)
    cluster, copy, uid = api(host), s3_copy(settings), settings.object_storage.user.uid
    kept = read(cluster, copy)
    if kept.stage(settings) == "current":
        show(host, left(copy, KIND, uid, kept))
        host.noop("no key is to be revoked")
        return
    change = Change(KIND, uid, "delete", why="the old one, when no pod uses it any more")
    show(host, [change])
    yield ApiCommand(
        f"revoke the old key of RGW user {uid}",
        _revoke(cluster, settings),
        change=change,
        undo=FORWARD,
    )


def _prove(cluster: Api, settings: Settings, bucket: BucketWanted) -> Callable[[], str]:
    section = settings.object_storage

    def action() -> str:
        user = user_s3(cluster, section)
        if user is None:
            raise LakesteadError(f"Secret {section.user.secret} is not there any more")
        s3, key = user
        digest = proves(section.endpoint, section.user.planned, key.access_key, bucket)
        return proof(section, s3, bucket, digest)()

    return action


def _revoke(cluster: Api, settings: Settings) -> Callable[[], str]:
    copy, uid = s3_copy(settings), settings.object_storage.user.uid

    def action() -> str:
        require_unused(cluster, settings, copy)
        admin, kept = _admin(cluster, settings), read(cluster, copy)
        for key in _keys(admin, uid):
            if fingerprint(key.access_key) == kept.age.retiring and key.access_key != kept.public:
                users.remove_key(admin, uid, key.access_key)
        there = {fingerprint(key.access_key) for key in _keys(admin, uid)}
        if kept.age.retiring in there:
            raise LakesteadError(
                f"The gateway did not take the old key of RGW user {uid} away",
                where=settings.object_storage.endpoint,
                do="run deploys/rotate.py again",
            )
        finish(cluster, copy)
        return f"RGW user {uid} has the new key alone" if len(there) == 1 else "it is revoked"

    return action


def _new(cluster: Api, settings: Settings, admin: AdminOps) -> Credentials | None:
    """The key that was made since the rotation was begun."""
    known = read(cluster, s3_copy(settings)).notes[BEGUN].split(",")
    keys = _keys(admin, settings.object_storage.user.uid)
    return next((key for key in keys if fingerprint(key.access_key) not in known), None)


def _keys(admin: AdminOps, uid: str) -> list[Credentials]:
    answer = users.read_user(admin, uid)
    if answer is None:
        raise LakesteadError(f"RGW user {uid} is not there", do="make it: deploys/phase1.py")
    return answer[1]


def _admin(cluster: Api, settings: Settings) -> AdminOps:
    admin = admin_ops(cluster, settings.object_storage)
    if admin is None:
        raise LakesteadError(
            f"Secret {settings.object_storage.admin.secret} is not there",
            do="make it: deploys/phase1.py",
        )
    return admin


def _wait_until_it_works(settings: Settings, key: Credentials) -> None:
    section = settings.object_storage
    s3 = S3(
        section.endpoint,
        key,
        owner="the rotation",
        region=section.region,
        ca_bundle=section.ca_bundle,
    )

    def check() -> tuple[bool, str]:
        try:
            s3.call("ListBuckets")
        except LakesteadError as error:
            return False, error.found or error.what
        return True, ""

    wait_for("the gateway to know the new key", check, timeout=30)
