"""The metastore's role and database in PostgreSQL, and the Secret with its password."""

from __future__ import annotations

from collections.abc import Iterator

from pyinfra import host
from pyinfra.facts.postgres import PostgresDatabases, PostgresRoles
from pyinfra.operations import postgres

from lakestead.errors import LakesteadError
from lakestead.journal.undo import Undo
from lakestead.kube.client import ObjectRef
from lakestead.kube.session import api
from lakestead.metastore import credentials
from lakestead.operations.command import ApiCommand, Command, marked, operation
from lakestead.operations.object_storage_later import later
from lakestead.operations.secrets import make_namespace, secret_undo, written
from lakestead.operations.show import show
from lakestead.plan.change import Change, with_unchanged
from lakestead.postgresql import logins
from lakestead.settings.metastore import Metastore


@operation
def password_secret(settings: Metastore) -> Iterator[Command]:
    """Make the Secret with the metastore's password, unless there is one: that is left as it is.

    + settings: the metastore's section

    **Example:**

    .. code:: python

        database.password_secret(name="Make the password", settings=settings)
    """
    cluster = api(host)
    ref = credentials.secret_ref(settings)
    namespace = ObjectRef("v1", "Namespace", settings.secret_namespace)
    if credentials.read(cluster, settings):
        show(host, [Change("Secret", f"{ref.namespace}/{ref.name}", "unchanged")])
        host.noop(f"{ref} is there")
        return
    why = "what pods have" if credentials.copied(cluster, settings) else "random password"
    changes = [Change("Secret", f"{ref.namespace}/{ref.name}", "create", why=why)]
    if cluster.get(namespace) is None:
        changes.insert(0, Change("Namespace", namespace.name, "create"))
    show(host, changes)

    def make() -> str:
        made = credentials.create(cluster, settings)
        if made:
            written(made)
        return f"{ref} holds the metastore's password"

    for change in changes[:-1]:
        yield make_namespace(cluster, change)
    yield ApiCommand(f"make {ref}", make, change=changes[-1], undo=secret_undo(ref, changes[-1]))


@operation
def role_and_database(settings: Metastore) -> Iterator[Command]:
    """Make the metastore's role and its database with pyinfra's own operations.

    A database that another user owns is refused: it is somebody else's.

    + settings: the metastore's section

    **Example:**

    .. code:: python

        database.role_and_database(name="Make role and database", settings=settings)
    """
    role, name = settings.database.role, settings.database.name
    roles, databases = host.get_fact(PostgresRoles), host.get_fact(PostgresDatabases)
    owner = databases[name]["owner"] if name in databases else None
    if owner not in (None, role, "postgres"):
        raise LakesteadError(
            f"Database {name} is there and belongs to somebody else",
            where=host.name,
            found=f"its owner is {owner}",
            expected=f"no such database, or one of {role}",
            do="choose another metastore.database.name; or, if it is the metastore's: "
            f'ALTER DATABASE "{name}" OWNER TO "{role}"',
        )
    changes = []
    if role not in roles:
        changes.append(Change("PostgreSQL role", role, "create"))
    if owner is None:
        changes.append(Change("PostgreSQL database", name, "create", why=f"owner {role}"))
    elif owner != role:
        why = f"owner {owner} becomes {role}"
        changes.append(Change("PostgreSQL database", name, "update", why=why))
    things = (("PostgreSQL role", role), ("PostgreSQL database", name))
    show(host, with_unchanged(changes, *things))
    if not changes:
        host.noop(f"role {role} and database {name} are there")
        return
    undos = {
        "PostgreSQL role": Undo("role", {"host": host.name, "name": role}),
        "PostgreSQL database": Undo("database", {"host": host.name, "name": name})
        if owner is None
        else Undo("none", cannot=f'ALTER DATABASE "{name}" OWNER TO "{owner}"'),
    }
    commands = {
        "PostgreSQL role": lambda: postgres.role._inner(role=role),
        "PostgreSQL database": lambda: postgres.database._inner(database=name, owner=role),
    }
    for change in changes:
        yield from marked(commands[change.kind](), change, undos[change.kind])


@operation
def role_password(settings: Metastore) -> Iterator[Command]:
    """Give the user in the Secret the password in it, where it has another or none.

    The stored form is computed here and compared with the one in PostgreSQL; the password itself is
    not sent.

    + settings: the metastore's section

    **Example:**

    .. code:: python

        database.role_password(name="Set the password", settings=settings)
    """
    role = settings.database.role
    found = credentials.read(api(host), settings)
    if found is None:
        change = Change("PostgreSQL password", role, "known after apply")
        yield later(credentials.secret_ref(settings).full_name, change)
        return
    login = found.username
    if logins.has_password(host, login, found.password):
        show(host, [Change("PostgreSQL password", login, "unchanged")])
        host.noop(f"role {login} has the password of its Secret")
        return
    why = "it has another" if logins.stored(host, login) else "it has none yet"
    change = Change("PostgreSQL password", login, "update", why=why)
    show(host, [change])

    def action() -> str:
        logins.set_password(host, role, login, found.password)
        return f"role {login} has the password of its Secret"

    yield ApiCommand(
        f"set the password of role {login}",
        action,
        change=change,
        undo=Undo("none", cannot="passwords are not kept"),
    )
