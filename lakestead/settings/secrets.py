"""Where credentials are kept, how the pods get them, and how old they may become."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from lakestead.settings.framework import Section
from lakestead.settings.names import Namespace, Text


class Operator(Section):
    """The External Secrets Operator, where Lakestead is to add it to the homelab repo.

    + repository: the Helm repository with the chart ``external-secrets``
    + version: of the chart
    + namespace: its own
    + values: of the chart
    """

    repository: Annotated[str, Field(pattern=r"^(https?|oci)://[^@]+$")]
    version: Text
    namespace: Namespace = "external-secrets"
    values: dict[Text, Any] = {}


class Secrets(Section):
    """How the platform's pods get their credentials.

    + kind: ``kubernetes``: Lakestead writes the Secrets that the pods read. ``external-secrets``: it
      writes them to ``namespace``, and the External Secrets Operator copies them
    + namespace: the store: credentials are kept there, and pods cannot read it
    + refresh: how often the operator looks for a change: ``1h``, ``15m``
    + operator: None where the cluster has the operator already
    + max_age_days: what is older is replaced by ``deploys/rotate.py``
    """

    kind: Literal["kubernetes", "external-secrets"] = "kubernetes"
    namespace: Namespace = "lakestead-secrets"
    refresh: Annotated[str, Field(pattern=r"^([0-9]+h)?([0-9]+m)?([0-9]+s)?$", min_length=2)] = "1h"
    operator: Operator | None = None
    max_age_days: Annotated[int, Field(gt=0)] = 90

    @property
    def external(self) -> bool:
        """Whether the External Secrets Operator makes the pods' Secrets."""
        return self.kind == "external-secrets"

    def copied_to(self, namespace: str) -> bool:
        """Whether the External Secrets Operator makes the Secrets of a namespace.

        One that is held to another namespace (its chart's ``scopedNamespace``) does not; Lakestead does.
        """
        held_to = self.operator.values.get("scopedNamespace") if self.operator else None
        return self.external and held_to in (None, "", namespace)

    @model_validator(mode="after")
    def _operator_of_use(self) -> Secrets:
        if self.operator is not None and not self.external:
            raise ValueError('operator is of use with kind "external-secrets" alone')
        return self
