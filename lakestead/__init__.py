"""Lakestead brings a lakehouse up on a Kubernetes homelab, with pyinfra."""

from __future__ import annotations

__version__ = "0.1.0"
