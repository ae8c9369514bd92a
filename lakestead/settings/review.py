"""What ``lakestead review`` looks at, its amounts, and what people have answered it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from lakestead.plan.triggers import ASKED
from lakestead.settings.framework import Section, unknown
from lakestead.settings.quantity import Storage

Part = Literal["airflow", "prometheus", "grafana", "external-secrets"]


def _question(name: str) -> str:
    if name not in ASKED:
        raise ValueError(unknown(name, ASKED))
    return name


QuestionId = Annotated[str, AfterValidator(_question)]


class Review(Section):
    """What the cluster is measured by.

    + pvc_total: more than this in all PersistentVolumeClaims together is a trigger
    + parts: what must run beside Ceph and Flux
    + airflow: Airflow's HelmRelease, ``namespace/name``
    + timeout: seconds for one look
    """

    pvc_total: Storage = Storage("200Gi")
    parts: list[Part] = Field(default=["airflow", "prometheus", "grafana", "external-secrets"])
    airflow: Annotated[str, Field(pattern=r"^[a-z0-9-]+/[a-z0-9.-]+$")] = "airflow/airflow"
    timeout: Annotated[int, Field(gt=0, le=600)] = 30


class Answer(Section):
    """What somebody has answered to one of review's questions.

    + by, at: who and when; review writes them
    """

    answer: Literal["yes", "no"]
    by: Annotated[str, Field(min_length=1)]
    at: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d")]
    note: str = ""
