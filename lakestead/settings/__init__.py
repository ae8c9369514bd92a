"""Settings: what pyinfra's group data hold, checked.

``Settings.of(host)`` is what tasks and operations read; a mistake stops the run with the file, the
line, the key, the value and what is accepted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator

from lakestead.plan.phases import COMPONENTS
from lakestead.settings.airflow import Airflow
from lakestead.settings.backup import Backup
from lakestead.settings.capacity import Allocation, Capacity
from lakestead.settings.flux import Flux
from lakestead.settings.framework import Mistake, Section, check, check_given, refuse, unknown
from lakestead.settings.gitops import Gitops
from lakestead.settings.iceberg import Iceberg
from lakestead.settings.kube import Kube
from lakestead.settings.metastore import Metastore
from lakestead.settings.monitoring import Monitoring
from lakestead.settings.object_storage import ObjectStorage
from lakestead.settings.review import Answer, QuestionId, Review
from lakestead.settings.secrets import Secrets
from lakestead.settings.source import Sources
from lakestead.settings.spark import RELEASE as SPARK_OPERATOR
from lakestead.settings.spark import Spark
from lakestead.settings.trino import Trino
from lakestead.settings.trino import mistakes as trino_mistakes

if TYPE_CHECKING:
    from pyinfra.api.host import Host

# Data that belong to pyinfra's connectors and ours, and names that are private to a group data file.
NOT_SETTINGS = (
    "_", "ssh", "kube_context", "kubepod_", "docker", "podman", "chroot", "winrm", "vagrant",
    "terraform",
)  # fmt: skip


def _moment(value: str) -> str:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        raise ValueError('a moment in UTC: "2026-11-21T20:00"') from None
    return value


Moment = Annotated[str, AfterValidator(_moment)]


class Settings(Section):
    """All settings of one host.

    + kube: which cluster
    + allocations: what each component's pods request, by component
    + capacity: what the cluster must have to spare
    + review: what ``lakestead review`` measures by
    + answers: what people have answered it, by question
    + object_storage, gitops, flux, metastore, iceberg: one section a capability
    + monitoring: what is made for a monitoring stack
    + backup: of the metadata; without it there is none
    + trino: of phase 3
    + secrets: how pods get their credentials
    + spark: of phase 2
    + airflow: the homelab's own, for DAGs of phase 2; without it there are none
    + rotate_before: every credential that is older than this moment (UTC) is replaced by
      ``deploys/rotate.py``: ``2026-11-21T20:00``
    """

    kube: Kube = Kube()
    allocations: dict[str, Allocation]
    capacity: Capacity = Capacity()
    review: Review = Review()
    answers: dict[QuestionId, Answer] = {}
    object_storage: ObjectStorage
    gitops: Gitops
    flux: Flux
    metastore: Metastore
    iceberg: Iceberg
    monitoring: Monitoring = Monitoring()
    backup: Backup | None = None
    trino: Trino | None = None
    secrets: Secrets = Secrets()
    spark: Spark | None = None
    airflow: Airflow | None = None
    rotate_before: Moment | None = None

    @classmethod
    def of(cls, host: Host) -> Settings:
        """The settings of a pyinfra host; raises LakesteadError for all mistakes at once."""
        return cls.load(host.data.dict(), Sources.of(host))

    @classmethod
    def load(cls, data: Mapping[str, Any], sources: Sources) -> Settings:
        """The settings in ``data``, written in the files ``sources``."""
        check_names(data, sources)
        settings = check(cls, _settings(data), sources)
        strangers = [
            Mistake(
                path=("allocations", name), text=unknown(name, COMPONENTS) + "; or give it a phase"
            )
            for name, allocation in settings.allocations.items()
            if name not in COMPONENTS and allocation.phase is None
        ]
        mistakes = [
            *strangers,
            *settings._misplaced_secrets(),
            *settings._of_spark(),
            *settings._of_trino(),
        ]
        if mistakes:
            raise refuse(mistakes, sources)
        return settings

    def _misplaced_secrets(self) -> list[Mistake]:
        """Secrets that are not where ``secrets`` says that credentials are kept."""
        wanted, why = self.metastore.namespace, "metastore.namespace"
        if self.secrets.external:
            wanted, why = self.secrets.namespace, "secrets.namespace"
            if wanted == self.metastore.namespace:
                text = "must be another namespace than metastore.namespace: its pods read that"
                return [Mistake(path=("secrets", "namespace"), text=text)]
        places: dict[tuple[str, ...], str] = {
            ("object_storage", "user", "secret"): self.object_storage.user.secret.split("/")[0],
            ("metastore", "database", "namespace"): self.metastore.secret_namespace,
        }
        return [
            Mistake(path=path, text=f"is in namespace {found}, not in {wanted}, as {why} has it")
            for path, found in places.items()
            if found != wanted
        ]

    def _of_spark(self) -> list[Mistake]:
        """What of the section does not go with the others."""
        if self.spark is None:
            text = "starts Spark jobs, and there is no section spark"
            return [Mistake(path=("airflow",), text=text)] if self.airflow else []
        mistakes = []
        if why := self._taken_namespaces().get(self.spark.namespace):
            text = (
                f"must be another namespace than {why}: its quota and its rules are for jobs alone"
            )
            mistakes.append(Mistake(path=("spark", "namespace"), text=text))
        if self.spark.raw.removeprefix("s3a://").split("/")[0] not in self.object_storage.buckets:
            text = "lies in a bucket that is none of object_storage.buckets"
            mistakes.append(Mistake(path=("spark", "raw"), text=text))
        return mistakes

    def _of_trino(self) -> list[Mistake]:
        """What of the section does not go with the others."""
        if self.trino is None:
            return []
        mistakes = trino_mistakes(self.allocations)
        releases = {
            self.metastore.release: "metastore.release",
            SPARK_OPERATOR: "the Spark Operator's",
        }
        if why := releases.get(self.trino.release):
            text = f"must be another name than {why}: both are HelmReleases of one namespace"
            mistakes.append(Mistake(path=("trino", "release"), text=text))
        return mistakes

    def _taken_namespaces(self) -> dict[str, str]:
        """Namespaces with something in them, and what says so."""
        found = dict.fromkeys(
            ("default", "kube-system", "kube-public", "kube-node-lease"), "Kubernetes'"
        )
        found[self.monitoring.namespace] = "monitoring.namespace"
        if database := re.fullmatch(r"[^.]+\.([^.]+)\.svc(\..+)?", self.metastore.database.host):
            found[database[1]] = "that of metastore.database.host"
        if self.backup is not None:
            found[self.backup.owner_secret.split("/")[0]] = "that of backup.owner_secret"
        if self.secrets.operator is not None:
            found[self.secrets.operator.namespace] = "secrets.operator.namespace"
        found[self.object_storage.admin.secret.split("/")[0]] = (
            "that of object_storage.admin.secret"
        )
        found[self.object_storage.namespace] = "object_storage.namespace"
        found[self.flux.namespace] = "flux.namespace"
        found[self.secrets.namespace] = "secrets.namespace"
        found[self.metastore.namespace] = "metastore.namespace"
        return found

    def phase_of(self, component: str) -> int:
        """Phase that brings a component of ``allocations``."""
        return self.allocations[component].phase or COMPONENTS[component]


def kube(host: Host) -> Kube:
    """Which cluster a host belongs to; needs no other section."""
    data, sources = host.data.dict(), Sources.of(host)
    check_names(data, sources)
    found = {name: value for name, value in data.items() if name == "kube"}
    return check(_KubeOnly, found, sources).kube


def refuse_mistakes(host: Host) -> None:
    """Raise LakesteadError for what is wrong in the sections that a host has."""
    check_given(Settings, _settings(host.data.dict()), Sources.of(host))


def check_names(data: Mapping[str, Any], sources: Sources) -> None:
    """Refuse names that are no settings, with the one that is probably meant."""
    mistakes = [
        Mistake(path=(name,), text=unknown(name, Settings.model_fields))
        for name in _settings(data)
        if name not in Settings.model_fields
    ]
    if mistakes:
        raise refuse(mistakes, sources)


def _settings(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if not name.startswith(NOT_SETTINGS)}


class _KubeOnly(Section):
    kube: Kube = Kube()
