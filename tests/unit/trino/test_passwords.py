from __future__ import annotations

import re

from lakestead.trino import passwords


def test_a_line_is_as_trino_takes_it() -> None:
    assert re.fullmatch(r"alice:\$2y\$10\$[./A-Za-z0-9]{53}", passwords.line("alice", "s3cret"))


def test_a_users_password_is_found_and_another_is_not() -> None:
    file = passwords.line("alice", "one") + "\n" + passwords.line("bob", "two") + "\n"
    assert passwords.holds(file, "bob", "two")
    assert not passwords.holds(file, "bob", "one")
    assert not passwords.holds(file, "carol", "two")
    assert not passwords.holds(
        "alice:1000:5b4240:f38d16", "alice", "one"
    )  # PBKDF2 is not looked into


def test_a_user_is_written_over_and_nobody_else_is() -> None:
    others = "bob:1000:5b4240333032306164:f38d165fce8ce42f\n"
    once = passwords.with_user(others, "alice", "one")
    twice = passwords.with_user(once, "alice", "two")
    assert others in twice
    assert passwords.holds(twice, "alice", "two")
    assert not passwords.holds(twice, "alice", "one")
    assert len(twice.splitlines()) == 2
