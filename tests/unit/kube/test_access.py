"""No cluster, the wrong cluster, a wrong kubeconfig: what the user is told."""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lakestead.errors import LakesteadError
from lakestead.kube.client import Api, ApiError, ApiUnreachable
from lakestead.kube.failures import refused, unreachable
from lakestead.kube.kubeconfig import Access, Server


@pytest.fixture
def port() -> int:
    """A port where nothing listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture
def kubeconfig(tmp_path: Path, port: int) -> Path:
    """A kubeconfig with two contexts; at both servers nothing listens."""
    document: dict[str, Any] = {
        "clusters": [{"name": "c", "cluster": {"server": f"https://127.0.0.1:{port}"}}],
        "users": [{"name": "u", "user": {"token": "t0ken"}}],
        "contexts": [
            {"name": name, "context": {"cluster": "c", "user": "u"}} for name in ("anton", "lab")
        ],
        "current-context": "lab",
    }
    file = tmp_path / "kubeconfig"
    file.write_text(yaml.safe_dump(document))
    return file


def test_nothing_listens(kubeconfig: Path, port: int) -> None:
    with pytest.raises(ApiUnreachable) as caught:
        Api.from_kubeconfig(str(kubeconfig), "anton").list("v1", "Node")
    message = str(caught.value)
    assert f"127.0.0.1:{port} does not answer" in message
    assert f"context 'anton' of {kubeconfig}" in message
    assert "connection refused" in message
    assert "t0ken" not in message


def test_a_server_that_is_silent(kubeconfig: Path, port: int) -> None:
    kubeconfig.write_text(kubeconfig.read_text().replace("https:", "http:"))
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen()
        with pytest.raises(ApiUnreachable, match=r"no answer within 0\.2 s"):
            Api.from_kubeconfig(str(kubeconfig), None).raw("GET", "/version", timeout=0.2)


def test_wrong_context_lists_those_there_are(kubeconfig: Path) -> None:
    with pytest.raises(LakesteadError, match=r"no context 'antn'[\s\S]*contexts anton, lab"):
        Api.from_kubeconfig(str(kubeconfig), "antn")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "There is no kubeconfig"),
        ("", "not a kubeconfig"),
        ("a: [", "cannot be read"),
        ("just text", "not a kubeconfig"),
        ("contexts: []", "No context is chosen"),
        (
            "contexts: [{name: x, context: {cluster: gone, user: u}}]\ncurrent-context: x",
            "'x' cannot be used",
        ),
    ],
)
def test_broken_kubeconfig(tmp_path: Path, content: str | None, message: str) -> None:
    file = tmp_path / "kubeconfig"
    if content is not None:
        file.write_text(content)
    with pytest.raises(LakesteadError, match=message) as caught:
        Api.from_kubeconfig(str(file), None)
    assert str(file) in str(caught.value)


def test_refusals_say_who_and_what(kubeconfig: Path) -> None:
    access = Api.from_kubeconfig(str(kubeconfig), "anton").access
    forbidden = b'{"reason": "Forbidden", "message": "User \\"u\\" cannot list nodes"}'

    nobody = refused(access, "GET", "/api", 401, b"Unauthorized")
    not_allowed = refused(access, "GET", "/api/v1/nodes", 403, forbidden)

    assert isinstance(nobody, ApiError)
    assert nobody.status == 401
    assert "context 'anton'" in str(nobody)
    assert 'User "u" cannot list nodes' in str(not_allowed)
    assert "auth can-i --list" in str(not_allowed)


@pytest.mark.parametrize("reason", ["certificate has expired", "certificate is not yet valid"])
def test_a_certificate_out_of_its_time_is_told_with_the_time_here(
    kubeconfig: Path, reason: str
) -> None:
    access = Api.from_kubeconfig(str(kubeconfig), "anton").access
    error = unreachable(access, ssl.SSLError(f"certificate verify failed: {reason}"), 5)
    assert "is not valid now" in str(error)
    assert "this machine's clock says 2" in str(error)


@pytest.mark.parametrize(
    ("begins", "ends", "said"),
    [(-2, -1, "has expired"), (1, 2, "certificate begins"), (-1, 1, None)],
)
def test_a_user_whose_own_certificate_is_out_of_its_time_is_told_so(
    tmp_path: Path, begins: int, ends: int, said: str | None
) -> None:
    file = _certificate(tmp_path / "client.crt", begins, ends)
    access = Access("config", "anton", Server("https://127.0.0.1:6443", cert_file=str(file)))
    error = refused(access, "GET", "/api", 401, b"Unauthorized")
    assert (said in error.found) if said else (error.found == "HTTP 401 Unauthorized")


def _certificate(file: Path, begins: int, ends: int) -> Path:
    """A certificate that is valid from and until so many days from now."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ann")])
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now + timedelta(days=begins))
        .not_valid_after(now + timedelta(days=ends))
        .sign(key, hashes.SHA256())
    )
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return file
