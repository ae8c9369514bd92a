"""PostgreSQL's stored form of a password, so that it can be compared and set without sending it.

The form is ``SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>``, the three last in Base64
(PostgreSQL's documentation of ``pg_authid``); how the keys are derived is in RFC 5802 section 3 and
RFC 7677.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets

ITERATIONS = 4096  # PostgreSQL's own default
SALT_BYTES = 16

_VERIFIER = re.compile(
    r"SCRAM-SHA-256\$(?P<iterations>[1-9][0-9]*):(?P<salt>[A-Za-z0-9+/=]+)"
    r"\$(?P<stored>[A-Za-z0-9+/=]+):(?P<server>[A-Za-z0-9+/=]+)"
)


def verifier(password: str, *, salt: bytes | None = None, iterations: int = ITERATIONS) -> str:
    """The stored form of ``password``; ``ALTER ROLE … PASSWORD`` takes it as it is.

    + password: printable ASCII; for other characters PostgreSQL first normalises (SASLprep)
    + salt: random by default

    Raises ValueError for a password with other characters.
    """
    if not password or not password.isascii() or not password.isprintable():
        raise ValueError("a password of printable ASCII characters is needed")
    salt = secrets.token_bytes(SALT_BYTES) if salt is None else salt
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations)
    stored = hashlib.sha256(_hmac(salted, b"Client Key")).digest()
    server = _hmac(salted, b"Server Key")
    return f"SCRAM-SHA-256${iterations}:{_base64(salt)}${_base64(stored)}:{_base64(server)}"


def matches(stored: str, password: str) -> bool:
    """Whether ``stored`` is the stored form of ``password``; False for any other form (MD5, none)."""
    match = _VERIFIER.fullmatch(stored)
    if match is None:
        return False
    try:
        salt = base64.b64decode(match["salt"], validate=True)
        again = verifier(password, salt=salt, iterations=int(match["iterations"]))
    except ValueError:
        return False
    return hmac.compare_digest(stored, again)


def _hmac(key: bytes, message: bytes) -> bytes:
    return hmac.new(key, message, hashlib.sha256).digest()


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
