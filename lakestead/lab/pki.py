"""Certificates of the lab's control plane: one authority, one certificate a component."""

from __future__ import annotations

import datetime
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from lakestead.certificates import builder, general_name, usage

_VALID = datetime.timedelta(days=3650)
_RENEW_BEFORE = datetime.timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Certificate:
    """Files of a certificate and its key (PEM)."""

    certificate: Path
    key: Path


class Authority:
    """The lab's certificate authority; all its files lie in one folder, keys readable by root alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files = Certificate(folder / "ca.crt", folder / "ca.key")

    def issue(
        self, name: str, *, user: str, groups: tuple[str, ...] = (), hosts: tuple[str, ...] = ()
    ) -> Certificate:
        """A certificate for client and server use, made unless a valid one is there.

        :param name: base name of the files.
        :param user: common name, which Kubernetes takes for the user.
        :param groups: organisations, which Kubernetes takes for the groups.
        :param hosts: DNS names and IP addresses that it serves.
        """
        issuer = self._authority()
        files = Certificate(self.folder / f"{name}.crt", self.folder / f"{name}.key")
        if _is_valid(files, issuer):
            return files
        subject = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups]
        subject.append(x509.NameAttribute(NameOID.COMMON_NAME, user))
        key = ec.generate_private_key(ec.SECP256R1())
        request = builder(
            x509.Name(subject), issuer.subject, key.public_key(), _VALID
        ).add_extension(
            x509.ExtendedKeyUsage(
                [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]
            ),
            critical=False,
        )
        request = request.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key()),  # type: ignore[arg-type]
            critical=False,
        )
        if hosts:
            names = x509.SubjectAlternativeName([general_name(host) for host in hosts])
            request = request.add_extension(names, critical=False)
        _write(files, key, request.sign(_load_key(self.files.key), hashes.SHA256()))
        return files

    def service_account_key(self) -> Path:
        """Key that signs service account tokens, made at the first call."""
        file = self.folder / "service-accounts.key"
        if not file.exists():
            _write_key(file, ec.generate_private_key(ec.SECP256R1()))
        return file

    def _authority(self) -> x509.Certificate:
        if self.files.certificate.exists() and self.files.key.exists():
            return x509.load_pem_x509_certificate(self.files.certificate.read_bytes())
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "lakestead-lab")])
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            builder(name, name, key.public_key(), _VALID)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage(signs=True), critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
            )
            .sign(key, hashes.SHA256())
        )
        _write(self.files, key, certificate)
        return certificate


def _is_valid(files: Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(files.certificate.read_bytes())
        certificate.verify_directly_issued_by(issuer)
        _load_key(files.key)
    except (OSError, ValueError, TypeError, InvalidSignature):
        return False
    now = datetime.datetime.now(datetime.UTC)
    return certificate.not_valid_after_utc > now + _RENEW_BEFORE


def _load_key(file: Path) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(file.read_bytes(), password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


def _write(files: Certificate, key: ec.EllipticCurvePrivateKey, made: x509.Certificate) -> None:
    _write_key(files.key, key)
    _replace(files.certificate, made.public_bytes(serialization.Encoding.PEM), 0o644)


def _write_key(file: Path, key: ec.EllipticCurvePrivateKey) -> None:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    _replace(file, pem, 0o600)


def _replace(file: Path, content: bytes, mode: int) -> None:
    partial = file.with_name(file.name + ".partial")
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(handle, "wb") as out:
        out.write(content)
    partial.rename(file)
