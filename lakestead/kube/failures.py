"""What can go wrong between us and the API server, as messages that a user can act on."""

from __future__ import annotations

import json
import re
import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from lakestead.errors import LakesteadError
from lakestead.kube.kubeconfig import Access
from lakestead.kube.permission import missing

# OpenSSL's X509_verify_cert_error_string
_NOT_NOW = re.compile("certificate (has expired|is not yet valid)")


class ApiError(LakesteadError):
    """The API server answered with an HTTP status of 400 or more.

    + status: the HTTP status
    + reason: Kubernetes' word for it: ``NotFound``, ``Conflict``, ``Forbidden``, …
    + body: the ``Status`` object that came with it, where one did
    """

    def __init__(
        self,
        what: str,
        *,
        status: int,
        reason: str,
        body: dict[str, Any] | None = None,
        **more: str,
    ) -> None:
        self.status = status
        self.reason = reason
        self.body = body or {}
        super().__init__(what, **more)


class ApiUnreachable(LakesteadError):
    """No answer came from the API server."""


def refused(access: Access, method: str, path: str, status: int, data: bytes) -> ApiError:
    """The error for an answer of HTTP status 400 or more."""
    try:
        parsed = json.loads(data)
    except ValueError:
        parsed = None
    body = parsed if isinstance(parsed, dict) else {}
    text = data.decode("utf-8", "replace").strip()[:500]
    message = str(body.get("message") or text or "no explanation")
    reason = str(body.get("reason") or {401: "Unauthorized", 403: "Forbidden"}.get(status, ""))
    more: dict[str, str] = {"where": f"{method} {access.configuration.host}{path}"}
    if status == 401:
        what = "The API server does not know who is asking"
        more["found"] = "\n".join([*_ended(access), f"HTTP 401 {message}"])
        more["expected"] = f"credentials of context {access.context!r} that this server accepts"
        more["do"] = (
            f"check them: kubectl --kubeconfig {access.kubeconfig} --context {access.context} "
            "auth whoami"
        )
    elif status == 403:
        denied = missing(message)
        what = f"The API server refuses: {denied.what if denied else message}"
        more["expected"] = (
            denied.rule
            if denied
            else f"a role that lets the user of context {access.context!r} do this"
        )
        more["do"] = (
            "ask the cluster's administrator for it (docs/permissions.md); what you may do now: "
            f"kubectl --kubeconfig {access.kubeconfig} --context {access.context} auth can-i --list"
        )
    else:
        what = f"The API server answered {status} {reason}: {message}"
    return ApiError(what, status=status, reason=reason, body=body, **more)


def unreachable(access: Access, cause: Exception, timeout: float) -> ApiUnreachable:
    """The error for no answer at all: refused, timed out, no such host, TLS that does not fit."""
    host = access.configuration.host
    where = f"{host}, context {access.context!r} of {access.kubeconfig}"
    now = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"
    if _NOT_NOW.search(str(cause)):
        return ApiUnreachable(
            f"The certificate of the API server at {address(host)} is not valid now",
            where=where,
            found=f"{_plain(cause)}; this machine's clock says {now}",
            expected="a certificate whose time has begun and not ended",
            do="if this machine's clock is wrong, set it; else the cluster's administrator renews the "
            "certificate",
        )
    if isinstance(cause, ssl.SSLError) or "SSL" in type(cause).__name__:
        return ApiUnreachable(
            f"The TLS connection to the API server at {address(host)} failed",
            where=where,
            found=_plain(cause),
            expected="a server certificate signed by the kubeconfig's certificate authority",
            do="if the cluster was made anew, fetch its new kubeconfig",
        )
    return ApiUnreachable(
        f"The API server at {address(host)} does not answer",
        where=where,
        found=_found(cause, timeout),
        do=f"kubectl --kubeconfig {access.kubeconfig} --context {access.context} version "
        "(the lab: lakestead lab status, lakestead lab up)",
    )


def _ended(access: Access) -> list[str]:
    """What is wrong with the time of the user's own certificate; nothing where it has none, or a valid one."""
    file = getattr(access.configuration, "cert_file", None)
    if not file:
        return []
    from cryptography import x509

    try:
        certificate = x509.load_pem_x509_certificate(Path(file).read_bytes())
    except (OSError, ValueError) as error:
        return [f"its client certificate cannot be read: {error}"]
    now = datetime.now(UTC)
    if now > certificate.not_valid_after_utc:
        return [
            f"its client certificate has expired: {certificate.not_valid_after_utc:%Y-%m-%d %H:%M:%S} UTC"
        ]
    if now < certificate.not_valid_before_utc:
        return [
            f"its client certificate begins {certificate.not_valid_before_utc:%Y-%m-%d %H:%M:%S} UTC"
        ]
    return []


def address(host: str) -> str:
    """``host:port`` of a URL."""
    url = urlsplit(host)
    return f"{url.hostname}:{url.port or (443 if url.scheme == 'https' else 80)}"


def _found(cause: BaseException, timeout: float) -> str:
    text = str(cause)
    if "Connection refused" in text:
        return "connection refused: nothing listens there"
    if "Name or service not known" in text or "NameResolution" in type(cause).__name__:
        return "its name cannot be resolved"
    if "timed out" in text.lower() or "Timeout" in type(cause).__name__:
        return f"no answer within {timeout:g} s"
    if "No route to host" in text or "unreachable" in text:
        return "no route to it"
    return _plain(cause)


def _plain(cause: BaseException) -> str:
    return str(cause) or type(cause).__name__
