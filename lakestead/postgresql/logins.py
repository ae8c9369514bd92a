"""Users of PostgreSQL who act as the owner of a database, so that two passwords can be valid at once.

A user has one password. The owner itself is the first user; the second is a member of it, and each of
its sessions begins as the owner (``ALTER ROLE … SET role``), so that whatever either makes belongs to
the owner.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakestead.errors import LakesteadError
from lakestead.postgresql import scram
from lakestead.postgresql.psql import query

if TYPE_CHECKING:
    from pyinfra.api.host import Host


def stored(host: Host, login: str) -> str | None:
    """The stored form of a user's password, "" for none; None where there is no such user."""
    sql = f"SELECT coalesce(rolpassword, '-') FROM pg_authid WHERE rolname = '{login}'"
    found = query(host, sql)
    return None if not found else found[0].removeprefix("-")


def has_password(host: Host, login: str, password: str) -> bool:
    """Whether that is the user's password."""
    found = stored(host, login)
    return bool(found) and scram.matches(str(found), password)


def set_password(host: Host, owner: str, login: str, password: str) -> None:
    """Give a user its password, in its stored form; make the user where it is not the owner.

    Raises LakesteadError where PostgreSQL did not keep it.
    """
    try:
        verifier = scram.verifier(password)
    except ValueError as error:
        raise LakesteadError(
            f"Role {login} cannot have this password", expected=str(error)
        ) from None
    statements = [f"ALTER ROLE \"{login}\" LOGIN PASSWORD '{verifier}';"]
    if login != owner:
        if stored(host, login) is None:
            statements.insert(0, f'CREATE ROLE "{login}" LOGIN;')
        statements += [
            f'GRANT "{owner}" TO "{login}";',
            f"ALTER ROLE \"{login}\" SET role = '{owner}';",
            # As many connections as the owner may have (operations/database_limit.py).
            f"DO $$ BEGIN EXECUTE format('ALTER ROLE %I CONNECTION LIMIT %s', '{login}', "
            f"(SELECT rolconnlimit FROM pg_roles WHERE rolname = '{owner}')); END $$;",
        ]
    query(host, "\n".join(["BEGIN;", *statements, "COMMIT;"]))
    if stored(host, login) != verifier:
        raise LakesteadError(
            f"PostgreSQL did not keep the password of role {login}",
            where=host.name,
            found="another stored form than was set",
            do="see whether something else manages this role",
        )


def revoke(host: Host, login: str) -> int:
    """Take a user's password away and end its sessions; how many there were."""
    query(host, f'ALTER ROLE "{login}" PASSWORD NULL;')
    ended = query(
        host,
        f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = '{login}';",
    )
    if stored(host, login):
        raise LakesteadError(
            f"PostgreSQL did not take the password of role {login} away",
            where=host.name,
            do="see whether something else manages this role",
        )
    return int(ended[0])
