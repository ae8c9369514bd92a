"""The coordinator's certificate, where the user brings none: an authority that signs it and is forgotten."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

VALID = timedelta(days=730)
RENEW_BEFORE = timedelta(days=60)
AUTHORITY = "Lakestead: Trino's authority"
"""By this name of its issuer a certificate of ours is known."""
_CLOCKS = timedelta(hours=1)
"""By how much clients' clocks may be slow."""


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
    root = _builder(AUTHORITY, root_key.public_key())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, AUTHORITY)])
    identifier = x509.SubjectKeyIdentifier.from_public_key(root_key.public_key())
    authority = (
        root.issuer_name(issuer)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(identifier, critical=False)
        .sign(root_key, hashes.SHA256())
    )
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        _builder(hosts[0], key.public_key())
        .issuer_name(issuer)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_name(host) for host in hosts]), critical=False)
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
    if missing := [host for host in hosts if _name(host) not in names]:
        return f"it is not for {', '.join(missing)}"
    return ""


def _builder(name: str, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])]))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCKS)
        .not_valid_after(now + VALID)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
