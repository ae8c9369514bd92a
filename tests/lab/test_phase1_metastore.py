"""The metastore's database and schema on the lab's PostgreSQL: repaired, refused, made once."""

from __future__ import annotations

import json
import runpy
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from lakestead.kube.client import Api, ExecResult
from lakestead.kube.pods import ready_pod

PROJECT = Path(__file__).parents[2]
UPGRADES = "/opt/metastore/scripts/metastore/upgrade/postgres"

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def run(lab: Any, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run the metastore's task alone; phase 1 has been applied before."""
    done = lab.pyinfra("deploys/phase1.py", "-y")
    assert done.returncode == 0, done.stderr[-6000:]
    deploy = tmp_path_factory.mktemp("deploy") / "metastore.py"
    deploy.write_text("from tasks import metastore\n\nmetastore.deploy()\n")
    data = runpy.run_path(str(PROJECT / "group_data/lab.py"))

    def pyinfra(**database: Any) -> subprocess.CompletedProcess[str]:
        changed = {**data["metastore"], "database": {**data["metastore"]["database"], **database}}
        more = ["--data", f"metastore={json.dumps(changed)}"] if database else []
        answer: subprocess.CompletedProcess[str] = lab.pyinfra(str(deploy), "-y", *more)
        return answer

    return pyinfra


class Server:
    """The lab's PostgreSQL, and the metastore's image."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.database = ready_pod(api, "databases", "statefulset/postgresql")
        self.metastore = ready_pod(api, "data-platform", "deploy/hive-metastore")

    def sql(self, *statements: str, database: str = "postgres") -> str:
        """Run statements as superuser; what they print."""
        text = ";\n".join(statements).encode()
        command = ["psql", "-XqAt", "--set=ON_ERROR_STOP=1", f"--dbname={database}"]
        done = self.api.exec("databases", self.database, command, stdin=text)
        assert done.rc == 0, done.stderr
        return done.stdout.decode().strip()

    def schema(self, database: str, before: str = "true") -> ExecResult:
        """Run the image's ``metastore-schema`` on a database, after a shell command."""
        command = ["env", f"PGDATABASE={database}", "sh", "-c", f"{before} && metastore-schema"]
        return self.api.exec("data-platform", self.metastore, command, timeout=120)

    def version(self, database: str) -> str:
        """The schema's version; "" for a database without tables."""
        if self.sql("SELECT to_regclass('\"VERSION\"') IS NULL", database=database) == "t":
            return ""
        return self.sql('SELECT "SCHEMA_VERSION" FROM "VERSION"', database=database)


@pytest.fixture
def server(run: Run, api: Api) -> Server:
    return Server(api)


@pytest.fixture
def empty(server: Server) -> str:
    """Name of an empty database of the metastore's user."""
    server.sql("DROP DATABASE IF EXISTS scratch WITH (FORCE)")
    server.sql("CREATE DATABASE scratch OWNER metastore")
    return "scratch"


def test_a_second_run_changes_nothing(run: Run) -> None:
    done = run()
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("No changes") == 10


def test_another_password_is_set_back(run: Run, server: Server) -> None:
    server.sql("ALTER ROLE metastore PASSWORD 'something-else'")
    done = run()
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("No changes") == 9
    assert "~ update    PostgreSQL password metastore" in done.stderr
    # The pod still has the password of the Secret.
    assert server.schema("metastore").rc == 0


def test_another_limit_of_connections_is_set_back(run: Run, server: Server) -> None:
    limits = (
        "SELECT rolname, rolconnlimit FROM pg_roles WHERE rolname ~ '^metastore(_2)?$' ORDER BY 1"
    )
    before = server.sql(limits)
    server.sql(
        "ALTER ROLE metastore CONNECTION LIMIT 7", "CREATE ROLE somebodys LOGIN IN ROLE metastore"
    )
    try:
        done = run()
        after = server.sql(limits)
        theirs = server.sql("SELECT rolconnlimit FROM pg_roles WHERE rolname = 'somebodys'")
    finally:
        server.sql("DROP ROLE somebodys")
    assert done.returncode == 0, done.stderr
    # Three pods with five pools of three, two that drain, and what is beside them.
    assert "metastore|63" in before
    assert (after, theirs) == (before, "-1")


def test_more_connections_than_postgresql_allows_are_refused(run: Run) -> None:
    done = run(pool_size=50)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "PostgreSQL does not allow as many connections as the metastore may open" in done.stderr


def test_a_database_of_somebody_else_is_refused(run: Run, server: Server) -> None:
    if not server.sql("SELECT 1 FROM pg_roles WHERE rolname = 'somebody'"):
        server.sql("CREATE ROLE somebody", "CREATE DATABASE theirs OWNER somebody")
    done = run(name="theirs")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "Database theirs is there and belongs to somebody else" in done.stderr
    owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'theirs'"
    assert server.sql(owner) == "somebody"


@pytest.mark.parametrize(
    ("before", "rc", "says", "version"),
    [
        ("true", 0, "Initialization script", "4.0.0"),
        ("metastore-schema", 0, "No schema upgrade required", "4.0.0"),
        (
            f"cd {UPGRADES} && psql -Xq --single-transaction --file=hive-schema-3.1.0.postgres.sql",
            0,
            "Upgrade script upgrade-3.1.0-to-3.2.0.postgres.sql",
            "4.0.0",
        ),
        (
            f"cd {UPGRADES} && head -n 900 hive-schema-4.0.0.postgres.sql | psql -Xq",
            0,
            "dropped the empty tables of an initialisation",
            "4.0.0",
        ),
        (
            'metastore-schema && psql -Xqc \'DELETE FROM "VERSION"\' -c "INSERT INTO '
            '\\"DBS\\" (\\"DB_ID\\", \\"DB_LOCATION_URI\\", \\"CTLG_NAME\\") '
            "VALUES (1, 'x', 'hive')\"",
            3,
            "table DBS holds data",
            "",
        ),
        (
            'metastore-schema && psql -Xqc "UPDATE \\"VERSION\\" SET \\"SCHEMA_VERSION\\" = '
            "'4.1.0'\"",
            3,
            "may be too old or newer",
            "4.1.0",
        ),
        ("psql -Xqc 'CREATE TABLE theirs (x int)'", 3, "table theirs is not of the Hive", ""),
    ],
    ids=["none", "current", "older", "half-made", "half-made-with-data", "newer", "foreign"],
)
def test_the_schema_comes_to_the_images_version_or_stays_as_it_is(
    server: Server, empty: str, before: str, rc: int, says: str, version: str
) -> None:
    done = server.schema(empty, before)
    assert done.rc == rc, done.stderr.decode()
    assert says in (done.stdout + done.stderr).decode()
    assert server.version(empty) == version


def test_of_replicas_that_start_together_one_makes_the_schema(server: Server, empty: str) -> None:
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(server.schema, [empty] * 3))
    assert [answer.rc for answer in answers] == [0, 0, 0]
    said = [(answer.stdout + answer.stderr).decode() for answer in answers]
    assert sorted("Initialization script" in text for text in said) == [False, False, True]
    assert server.version(empty) == "4.0.0"


@pytest.mark.parametrize("seconds", [0.5, 1.5, 2.0, 2.5, 3.0])
def test_a_killed_initialisation_leaves_all_or_nothing(
    server: Server, empty: str, seconds: float
) -> None:
    killed = f"{{ timeout --signal=KILL {seconds} metastore-schema || true; }}"
    done = server.schema(
        empty,
        f"{killed} && psql -XAtc 'SELECT count(*) FROM pg_tables "
        "WHERE schemaname = current_schema' | sed s/^/tables:/",
    )
    assert done.rc == 0, done.stderr.decode()
    assert b"tables:0\n" in done.stdout or b"tables:83\n" in done.stdout
    assert server.version(empty) == "4.0.0"
