"""The metastore's Deployment, which its release makes."""

from __future__ import annotations

from lakestead.kube.reference import ObjectRef
from lakestead.settings.metastore import Metastore


def deployment(section: Metastore) -> ObjectRef:
    """Where it is."""
    return ObjectRef("apps/v1", "Deployment", section.release, section.namespace)
