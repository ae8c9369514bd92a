"""Trino's file of users: a name and a bcrypt hash a line.

https://trino.io/docs/current/security/password-file.html
"""

from __future__ import annotations

import bcrypt

COST = 10
"""Trino refuses less than 8. The coordinator remembers a password that was right for some time."""
LONGEST = 72
"""Bytes that bcrypt takes of a password."""


def check(password: str) -> None:
    """Raises ValueError for a password of which there is no hash."""
    if len(password.encode()) > LONGEST:
        raise ValueError(f"more than {LONGEST} bytes")


def line(user: str, password: str) -> str:
    """The user's line. Trino knows bcrypt by the prefix that Apache's htpasswd writes."""
    hashed = bcrypt.hashpw(password.encode(), bcrypt.gensalt(COST)).decode()
    return f"{user}:$2y${hashed.split('$', 2)[2]}"


def holds(file: str, user: str, password: str) -> bool:
    """Whether a user has that password in the file. Raises ValueError where the hash is not whole."""
    for text in file.splitlines():
        name, _, hashed = text.partition(":")
        if name == user and hashed.startswith("$2"):
            return bcrypt.checkpw(password.encode(), hashed.encode())
    return False


def with_user(file: str, user: str, password: str) -> str:
    """The file with the user's line anew; everybody else's stays."""
    others = [text for text in file.splitlines() if text and text.partition(":")[0] != user]
    return "\n".join([*others, line(user, password), ""])
