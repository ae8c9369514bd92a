"""Airflow: the one that the homelab has, and what phase 2 adds to it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from lakestead.settings.framework import Section
from lakestead.settings.names import NamespacedName, ObjectName, Text
from lakestead.settings.secret import SecretRef

RepoPath = Annotated[str, Field(pattern=r"^[^/ ][^ ]*[^/ ]$")]


class Airflow(Section):
    """The homelab's own Airflow 3, which shall start Spark jobs.

    + release: its HelmRelease, ``NAMESPACE/NAME``
    + file: where that is in the homelab repo
    + url: its API as the workstation reaches it
    + username, password: of a user who may trigger DAGs
    + service_accounts: of the pods in which tasks run: they may submit Spark jobs
    + dags_folder: where the DAGs of Lakestead are mounted, in Airflow's own folder of DAGs
    + retries: how often a task that failed is run again; its jobs are run once each
    + keep_jobs: hours that a job of a DAG is kept for its driver's log
    + timeout: seconds to wait for Airflow's release, and then for it to know the DAG
    """

    release: NamespacedName = "airflow/airflow"
    file: RepoPath = "kubernetes/apps/airflow/airflow/app/helmrelease.yaml"
    url: Annotated[str, Field(pattern=r"^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[^ ]*[^/ ])?$")]
    username: Text = "admin"
    password: SecretRef
    service_accounts: list[ObjectName] = Field(
        default=["airflow-scheduler", "airflow-worker"], min_length=1
    )
    dags_folder: Annotated[str, Field(pattern=r"^/[^ ]*[^/ ]$")] = "/opt/airflow/dags/lakestead"
    retries: Annotated[int, Field(ge=0)] = 1
    keep_jobs: Annotated[int, Field(gt=0)] = 24
    timeout: Annotated[int, Field(gt=0)] = 600

    @property
    def namespace(self) -> str:
        """Where Airflow runs."""
        return self.release.partition("/")[0]

    @property
    def name(self) -> str:
        """Of its release."""
        return self.release.partition("/")[2]
