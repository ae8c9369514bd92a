"""Identities of the lab's Ceph, derived from the lab's own secrets.

A secret is made once a lab, so the cluster's id and every key are the same each time the manifests
are rendered: a daemon that lost its pod is let in again, and nothing has to be handed round.
"""

from __future__ import annotations

import base64
import hashlib
import struct
import uuid

_AES = 1  # CEPH_CRYPTO_AES
_BYTES = 16


def cephx_key(secret: str) -> str:
    """A key of Ceph's, as keyrings have it, that only ``secret`` leads to.

    Source: ``CryptoKey::encode`` in Ceph's ``src/auth/Crypto.cc``: type, time of creation (here
    none), length, bytes.
    """
    head = struct.pack("<HIIH", _AES, 0, 0, _BYTES)
    return base64.b64encode(head + hashlib.sha256(secret.encode()).digest()[:_BYTES]).decode()


def stable_uuid(secret: str) -> str:
    """An id of the cluster or of one of its OSDs that only ``secret`` leads to."""
    return str(uuid.UUID(bytes=hashlib.sha256(secret.encode()).digest()[:16], version=4))
