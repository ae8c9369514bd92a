"""Two users for one owner: what is sent to psql, and that no password is in it."""

from __future__ import annotations

import pytest

from lakestead.errors import LakesteadError
from lakestead.postgresql import logins, scram


class Server:
    """Answers what ``psql`` would: it knows users and their stored passwords."""

    def __init__(self, **users: str) -> None:
        self.users, self.name, self.sent = users, "database", [""]
        self.keeps = True

    def query(self, host: Server, sql: str) -> list[str]:
        assert host is self
        self.sent.append(sql)
        if sql.startswith("SELECT coalesce"):
            user = sql.split("'")[-2]
            return [self.users[user] or "-"] if user in self.users else []
        for line in sql.splitlines() if self.keeps else ():
            words = line.replace('"', " ").split()
            if words[:2] == ["CREATE", "ROLE"]:
                self.users[words[2]] = ""
            if "PASSWORD NULL;" in line:
                self.users[words[2]] = ""
            elif "PASSWORD" in line:
                self.users[words[2]] = line.split("'")[1]
        return ["2"] if "pg_terminate_backend" in sql else []


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    made = Server(metastore=scram.verifier("old"))
    monkeypatch.setattr(logins, "query", made.query)
    return made


def test_the_second_user_is_made_once_and_acts_as_the_owner(server: Server) -> None:
    for password in ("new-1", "new-2"):
        logins.set_password(server, "metastore", "metastore_2", password)  # type: ignore[arg-type]
        assert logins.has_password(server, "metastore_2", password)  # type: ignore[arg-type]
    sent = "\n".join(server.sent)
    assert sent.count('CREATE ROLE "metastore_2"') == 1
    assert 'GRANT "metastore" TO "metastore_2";' in sent
    assert "ALTER ROLE \"metastore_2\" SET role = 'metastore';" in sent
    assert "ALTER ROLE %I CONNECTION LIMIT %s', 'metastore_2'" in sent
    assert "new-" not in sent
    assert scram.matches(server.users["metastore"], "old")


def test_the_owner_is_no_member_of_itself(server: Server) -> None:
    logins.set_password(server, "metastore", "metastore", "new")  # type: ignore[arg-type]
    assert "GRANT" not in "\n".join(server.sent)


def test_a_revoked_user_has_no_password_and_no_session(server: Server) -> None:
    assert logins.revoke(server, "metastore") == 2  # type: ignore[arg-type]
    assert not logins.has_password(server, "metastore", "old")  # type: ignore[arg-type]


def test_what_is_not_kept_is_an_error(server: Server) -> None:
    server.keeps = False
    with pytest.raises(LakesteadError, match="did not keep the password of role metastore"):
        logins.set_password(server, "metastore", "metastore", "new")  # type: ignore[arg-type]
    with pytest.raises(LakesteadError, match="did not take the password of role metastore away"):
        logins.revoke(server, "metastore")  # type: ignore[arg-type]
