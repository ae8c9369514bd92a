"""Names and texts in settings, as Kubernetes and PostgreSQL take them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

Text = Annotated[str, Field(min_length=1)]
Port = Annotated[int, Field(gt=0, lt=65536)]

_LABEL = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
Namespace = Annotated[str, Field(pattern=_LABEL, max_length=63)]
ReleaseName = Annotated[str, Field(pattern=_LABEL, max_length=53)]
"""Helm's limit."""
ObjectName = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", max_length=253)]
"""Of a Secret and most other objects."""
NamespacedName = Annotated[str, Field(pattern=r"^[a-z0-9.-]+/[a-z0-9.-]+$")]
"""``NAMESPACE/NAME``."""
