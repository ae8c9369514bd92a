"""pyinfra_cli first: it patches the standard library, which must come before TLS is imported."""

from __future__ import annotations

import pyinfra_cli  # noqa: F401

from tests.api_server import api_server  # noqa: F401
