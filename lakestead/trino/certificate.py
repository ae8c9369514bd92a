"""The coordinator's certificate, where the user brings none: an authority that signs it and is forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from lakestead.certificates import builder, general_name, usage

VALID = timedelta(days=730)
RENEW_BEFORE = timedelta(days=60)
AUTHORITY = "Lakestead: Trino's authority"
"""By this name of its issuer a certificate of ours is known."""


@dataclass(frozen=True, slots=True)
class Made:
    """A certificate, as PEM.

    + combined: the server's key and certificate, one file, as Trino reads it
    + authority: what clients trust
    """

    combined: str
    authority: str


def make(hosts: Sequence[str]) -> Made:
    """A certificate for a server of these names and addresses.

    The authority's key is not kept: there is nothing that it could sign later.
    """
    root_key = ec.generate_private_key(ec.SECP256R1())
    issuer = _common_name(AUTHORITY)
    identifier = x509.SubjectKeyIdentifier.from_public_key(root_key.public_key())
    authority = (
        builder(issuer, issuer, root_key.public_key(), VALID)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage(signs=True), critical=True)
        .add_extension(identifier, critical=False)
        .sign(root_key, hashes.SHA256())
    )
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        builder(_common_name(hosts[0]), issuer, key.public_key(), VALID)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.SubjectAlternativeName([general_name(host) for host in hosts]), critical=False
        )
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier),
            critical=False,
        )
        .sign(root_key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return Made((private + _pem(certificate)).decode(), _pem(authority).decode())


def stale(combined: str, hosts: Sequence[str], now: datetime) -> str:
    """Why a certificate of ours has to be made anew; "" where it need not, or is not ours.

    Raises ValueError where it is no certificate as PEM.
    """
    found = x509.load_pem_x509_certificates(combined.encode())[0]
    issuer = found.issuer.get_attributes_for_oid(NameOID.COMMON_NAME)
    if [name.value for name in issuer] != [AUTHORITY]:
        return ""
    left = found.not_valid_after_utc - now
    if left < RENEW_BEFORE:
        return f"it is valid for {left.days} days more"
    names = [
        name
        for extension in found.extensions
        if isinstance(extension.value, x509.SubjectAlternativeName)
        for name in extension.value
    ]
    if missing := [host for host in hosts if general_name(host) not in names]:
        return f"it is not for {', '.join(missing)}"
    return ""


def _common_name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
