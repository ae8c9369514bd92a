"""PostgreSQL's stored form of a password, against the vectors of RFC 7677 section 3."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest

from lakestead.postgresql import scram

PASSWORD = "pencil"
SALT = "W22ZaJ0SNY7soEsUEjb6gQ=="
AUTH_MESSAGE = (
    "n=user,r=rOprNGfwEbeRWgbNEkqO,"
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,"
    "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
)
CLIENT_PROOF = "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
SERVER_SIGNATURE = "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="


def keys(stored: str) -> tuple[bytes, bytes]:
    stored_key, server_key = stored.rsplit("$", 1)[1].split(":")
    return base64.b64decode(stored_key), base64.b64decode(server_key)


def test_the_keys_are_those_of_the_rfc() -> None:
    stored_key, server_key = keys(scram.verifier(PASSWORD, salt=base64.b64decode(SALT)))
    signature = hmac.new(server_key, AUTH_MESSAGE.encode(), hashlib.sha256).digest()
    assert base64.b64encode(signature).decode() == SERVER_SIGNATURE
    # What the server checks: the client's key, unmasked from its proof, has the stored hash.
    mask = hmac.new(stored_key, AUTH_MESSAGE.encode(), hashlib.sha256).digest()
    proof = base64.b64decode(CLIENT_PROOF)
    client_key = bytes(a ^ b for a, b in zip(proof, mask, strict=True))
    assert hashlib.sha256(client_key).digest() == stored_key


def test_a_password_matches_its_own_form_and_no_other() -> None:
    stored = scram.verifier(PASSWORD)
    assert stored.startswith(f"SCRAM-SHA-256${scram.ITERATIONS}:")
    assert scram.matches(stored, PASSWORD)
    assert not scram.matches(stored, "pencil ")
    assert scram.verifier(PASSWORD) != stored  # another salt
    assert scram.matches(scram.verifier(PASSWORD, iterations=1), PASSWORD)


@pytest.mark.parametrize(
    "stored",
    ["", "md5" + "0" * 32, PASSWORD, "SCRAM-SHA-256$0:AA==$AA==:AA==", "SCRAM-SHA-256$1:!$A:A"],
)
def test_what_is_no_such_form_matches_nothing(stored: str) -> None:
    assert not scram.matches(stored, PASSWORD)


@pytest.mark.parametrize("password", ["", "naïve", "tab\t"])
def test_a_password_that_postgresql_would_normalise_is_refused(password: str) -> None:
    with pytest.raises(ValueError, match="ASCII"):
        scram.verifier(password)
