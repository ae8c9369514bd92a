"""The Secrets of Trino: its users, the coordinator's certificate, and what servers know one another by.

Each is used as it is where it is there. What is missing is made; a certificate of Lakestead's (by its
issuer: others may write theirs into a Secret that Lakestead made) that runs out, or is for another
address, is made anew.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from lakestead.credentials.copies import Copy
from lakestead.errors import LakesteadError, WrongUsage
from lakestead.kube.client import Api, ObjectRef
from lakestead.settings import Settings
from lakestead.settings.trino import COORDINATOR, WORKER, Trino
from lakestead.trino import certificate, passwords

CERTIFICATE, AUTHORITY = "tls-combined.pem", "ca.crt"
PASSWORDS = "password.db"
SHARED = "shared-secret"
_OURS = {"app.kubernetes.io/managed-by": "lakestead"}


@dataclass(frozen=True, slots=True)
class Login:
    """What the workstation asks Trino with.

    + authority: PEM of what signed the coordinator's certificate; "" where every client knows it
    """

    username: str
    password: str = field(repr=False)
    authority: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A Secret that is not as it should be.

    + ref: where it is kept
    + entries: what is to be written; other entries stay as they are
    + why: in words
    + live: as it is now, None where it is not there
    """

    ref: ObjectRef
    entries: dict[str, str] = field(repr=False)
    why: str
    live: Mapping[str, Any] | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Secret:
    """A Secret as it is now.

    + ref: where it is kept
    + data: its entries
    + there: whether there is one
    """

    ref: ObjectRef
    data: dict[str, str] = field(repr=False)
    there: bool


def required(settings: Settings) -> Trino:
    """The section; raises WrongUsage where it or the allocation of a server is missing."""
    missing = [
        f"allocations.{name}" for name in (COORDINATOR, WORKER) if name not in settings.allocations
    ]
    if settings.trino is None:
        missing.insert(0, "section trino")
    if settings.trino is None or missing:
        raise WrongUsage(
            "The settings do not say what Trino is to be",
            found=f"no {', no '.join(missing)}",
            expected='at least trino = {"image": …, "url": …}, and both allocations',
            do="docs/phase-3-trino.md has an example",
        )
    return settings.trino


def trino_copies(settings: Settings) -> list[Copy]:
    """The Secrets as Lakestead keeps them and as pods read them; the password itself is no pod's."""
    section = required(settings)
    pods = settings.metastore.namespace
    kept = settings.secrets.namespace if settings.secrets.external else pods
    entries = {
        section.users_secret: (PASSWORDS,),
        section.certificate_secret: (CERTIFICATE,),
        section.cluster_secret: (SHARED,),
    }
    return [
        Copy(keys, ObjectRef("v1", "Secret", name, kept), ObjectRef("v1", "Secret", name, pods))
        for name, keys in entries.items()
    ]


def wanted(cluster: Api, settings: Settings) -> list[Wanted]:
    """The Secrets that are to be written. Raises LakesteadError for one that cannot be used."""
    section = required(settings)
    makers: list[Callable[[Secret], tuple[dict[str, str], str]]] = [
        lambda secret: _users(section, secret),
        lambda secret: _certificate(hosts(settings), secret),
        _shared,
    ]
    found = []
    for copy, maker in zip(trino_copies(settings), makers, strict=True):
        live = cluster.get(copy.source)
        data = _decoded(live)
        entries, why = maker(Secret(copy.source, data, live is not None))
        if missing := [key for key in copy.keys if not {**data, **entries}.get(key)]:
            raise LakesteadError(
                f"{copy.source} is there, but cannot be used",
                found="entries " + (", ".join(sorted(data)) or "none at all"),
                expected=f"entry {missing[0]}",
                do="add it (docs/phase-3-trino.md), or delete the Secret: it is made anew",
            )
        if why:
            changed = {key: text for key, text in entries.items() if data.get(key) != text}
            found.append(Wanted(copy.source, changed, why, live))
    return found


def manifest(secret: Wanted) -> dict[str, Any]:
    """The Secret with what is to be written."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": secret.ref.name,
            "namespace": secret.ref.namespace,
            "labels": _OURS,
        },
        "type": "Opaque",
        "data": {
            key: base64.b64encode(value.encode("utf-8", "surrogateescape")).decode()
            for key, value in secret.entries.items()
        },
    }


def login(cluster: Api, settings: Settings) -> Login | None:
    """What the workstation asks Trino with; None where the Secrets are not there yet."""
    users, certificates, _ = trino_copies(settings)
    found = _decoded(cluster.get(users.source))
    if not found.get("username") or not found.get("password"):
        return None
    authority = _decoded(cluster.get(certificates.source)).get(AUTHORITY, "")
    return Login(found["username"], found["password"], authority)


def known_login(cluster: Api, settings: Settings) -> Login:
    """The same; raises LakesteadError where the Secrets are not there yet."""
    found = login(cluster, settings)
    if found is None:
        raise LakesteadError(
            "Trino cannot be asked",
            found=f"Secret {required(settings).users_secret} is not there",
            do="pyinfra INVENTORY deploys/phase3.py",
        )
    return found


def hosts(settings: Settings) -> list[str]:
    """The names and addresses that the coordinator is asked by."""
    section = required(settings)
    namespace = settings.metastore.namespace
    name = section.release
    names = [urlsplit(section.url).hostname or "", section.service_address or ""]
    names += [f"{name}.{namespace}.svc.cluster.local", f"{name}.{namespace}.svc"]
    names += [f"{name}.{namespace}", name]
    return list(dict.fromkeys(filter(None, names)))


def _users(section: Trino, secret: Secret) -> tuple[dict[str, str], str]:
    data = secret.data
    username = data.get("username") or section.user
    password = data.get("password") or secrets.token_urlsafe(24)
    file = data.get(PASSWORDS, "")
    with _usable(secret.ref, "password", f"at most {passwords.LONGEST} bytes of UTF-8, for bcrypt"):
        passwords.check(password)
    with _usable(secret.ref, PASSWORDS, f"a whole hash of bcrypt for {username}, or none"):
        if passwords.holds(file, username, password):
            return {}, ""
    why = "a random password" if not data.get("password") else "its hash is not of its password"
    changed = passwords.with_user(file, username, password)
    return {"username": username, "password": password, PASSWORDS: changed}, why


def _certificate(names: list[str], secret: Secret) -> tuple[dict[str, str], str]:
    why = "an authority of its own"
    if secret.there:
        if not secret.data.get(CERTIFICATE):
            return {}, ""
        with _usable(secret.ref, CERTIFICATE, "key and certificates as PEM"):
            why = certificate.stale(secret.data[CERTIFICATE], names, datetime.now(UTC))
        if not why:
            return {}, ""
    made = certificate.make(names)
    return {CERTIFICATE: made.combined, AUTHORITY: made.authority}, why


def _shared(secret: Secret) -> tuple[dict[str, str], str]:
    if secret.data.get(SHARED):
        return {}, ""
    return {SHARED: secrets.token_urlsafe(48)}, "a random secret"


@contextmanager
def _usable(ref: ObjectRef, entry: str, expected: str) -> Iterator[None]:
    """Tells of an entry that cannot be read, and never its value."""
    try:
        yield
    except ValueError:
        raise LakesteadError(
            f"{ref} is there, but cannot be used",
            found=f"entry {entry} is something else",
            expected=expected,
            do="correct it (docs/phase-3-trino.md), or delete the Secret: it is made anew",
        ) from None


def _decoded(found: Mapping[str, Any] | None) -> dict[str, str]:
    """Bytes that are no UTF-8 come back as they were when they are written."""
    data = (found or {}).get("data") or {}
    return {
        key: base64.b64decode(value).decode("utf-8", "surrogateescape")
        for key, value in data.items()
    }
