"""Replace the metastore's password in PostgreSQL: the other one of two users gets a new one."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator

from pyinfra import host

from lakestead.credentials.copies import database_copy
from lakestead.credentials.kept import Kept, read
from lakestead.errors import LakesteadError
from lakestead.kube.client import Api
from lakestead.kube.session import api
from lakestead.operations.command import ApiCommand, Command, operation
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
from lakestead.plan.change import Change
from lakestead.plan.rotation import fingerprint
from lakestead.postgresql import logins
from lakestead.settings import Settings

KIND = "PostgreSQL password"
SUCCESSOR = "next-password"
"""Entry of the Secret that holds the new password until it is valid; External Secrets copies it nowhere."""


@operation
def new_password() -> Iterator[Command]:
    """Give the user whose turn it is a new password, and keep it, where the one in use is too old.

    The old user's password stays valid. Runs on the database's host.

    **Example:**

    .. code:: python

        rotation_database.new_password(name="Rotation: a new password for the database")
    """
    settings = Settings.of(host)
    cluster, copy = api(host), database_copy(settings)
    kept = read(cluster, copy)
    if kept.stage(settings) != "replace":
        show(host, left(copy, KIND, kept.public, kept))
        host.noop(f"the password of {kept.public} stays")
        return
    owner, login = settings.metastore.database.role, _other(settings, kept.public)
    password = Change(KIND, login, "update", why=f"takes over from {kept.public}: {why(kept)}")
    source = Change("Secret", copy.source.full_name, "update", why=f"user {login}")
    show(host, [password, source])

    def stage() -> str:
        if read(cluster, copy).value(SUCCESSOR):
            return "a password was made before"
        return begin(cluster, copy, login, {SUCCESSOR: secrets.token_urlsafe(24)})

    def make() -> str:
        value = read(cluster, copy).value(SUCCESSOR)
        if not logins.has_password(host, login, value):
            logins.set_password(host, owner, login, value)
        return f"role {login} has a new password"

    def keep() -> str:
        value = read(cluster, copy).value(SUCCESSOR)
        user, secret = copy.keys
        return publish(cluster, copy, {user: login, secret: value})

    yield ApiCommand(f"make a password for role {login}", stage, change=source, undo=FORWARD)
    yield ApiCommand(f"set the password of role {login}", make, change=password, undo=FORWARD)
    yield ApiCommand(f"keep it in {copy.source}", keep, change=source, undo=FORWARD)


@operation
def revoke_password() -> Iterator[Command]:
    """Take the old user's password away, once no pod uses it. Runs on the database's host.

    **Example:**

    .. code:: python

        rotation_database.revoke_password(name="Rotation: revoke the old password")
    """
    settings = Settings.of(host)
    cluster, copy = api(host), database_copy(settings)
    kept = read(cluster, copy)
    stage = kept.stage(settings)
    if stage == "current":
        show(host, left(copy, KIND, _other(settings, kept.public), kept))
        host.noop("no password is to be revoked")
        return
    login = _retiring(settings, kept) if stage == "retire" else kept.public
    change = Change(KIND, login, "delete", why="when no pod uses it any more")
    show(host, [change])
    yield ApiCommand(
        f"revoke the password of role {login}",
        _revoke(cluster, settings, login),
        change=change,
        undo=FORWARD,
    )


def _revoke(cluster: Api, settings: Settings, login: str) -> Callable[[], str]:
    copy = database_copy(settings)

    def action() -> str:
        require_unused(cluster, settings, copy)
        ended = logins.revoke(host, login)
        finish(cluster, copy)
        return f"role {login} has no password any more; {ended} of its sessions were ended"

    return action


def _other(settings: Settings, login: str) -> str:
    first, second = settings.metastore.database.users
    return second if login == first else first


def _retiring(settings: Settings, kept: Kept) -> str:
    for login in settings.metastore.database.users:
        if fingerprint(login) == kept.age.retiring and login != kept.public:
            return login
    raise LakesteadError(
        f"{kept.copy.source} names a user to be revoked who is none of the metastore's",
        expected=" or ".join(settings.metastore.database.users),
        do="was metastore.database.role changed in the middle of a rotation? Change it back",
    )
