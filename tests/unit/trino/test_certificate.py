"""The certificate is tried with OpenSSL's own client, by whose rules requests goes too."""

from __future__ import annotations

import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lakestead.trino import certificate

HOSTS = ["10.0.0.25", "trino.data-platform.svc"]


def served(made: certificate.Made, folder: Path, name: str) -> None:
    """One handshake of a client that asks for ``name`` and knows the authority."""
    combined = folder / "combined.pem"
    combined.write_text(made.combined)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(combined)
    client = ssl.create_default_context(cadata=made.authority)
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    one, two = socket.socketpair()

    def answer() -> None:
        try:
            server.wrap_socket(one, server_side=True).close()
        except OSError:
            one.close()

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        client.wrap_socket(two, server_hostname=name).close()
    finally:
        two.close()
        thread.join()


@pytest.mark.parametrize("name", HOSTS)
def test_a_client_takes_it_for_each_of_its_names(tmp_path: Path, name: str) -> None:
    served(certificate.make(HOSTS), tmp_path, name)


def test_a_client_does_not_take_it_for_another_name_or_of_another_authority(
    tmp_path: Path,
) -> None:
    made = certificate.make(HOSTS)
    with pytest.raises(ssl.SSLCertVerificationError):
        served(made, tmp_path, "10.0.0.26")
    stranger = certificate.Made(made.combined, certificate.make(HOSTS).authority)
    with pytest.raises(ssl.SSLCertVerificationError):
        served(stranger, tmp_path, HOSTS[0])


def test_it_is_stale_before_it_ends_and_where_it_lacks_a_name() -> None:
    combined, now = certificate.make(HOSTS).combined, datetime.now(UTC)
    assert certificate.stale(combined, HOSTS, now) == ""
    assert "10.0.0.9" in certificate.stale(combined, [*HOSTS, "10.0.0.9"], now)
    assert "59 days" in certificate.stale(combined, HOSTS, now + timedelta(days=670))
