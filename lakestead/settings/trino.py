"""Trino: its image, who may ask it, how it is reached, and what runs at once."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from lakestead.plan.trino_memory import divide
from lakestead.settings.capacity import Allocation
from lakestead.settings.framework import Mistake, Section
from lakestead.settings.metastore import Network
from lakestead.settings.names import ObjectName, ReleaseName, Text

Catalog = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=63)]
Positive = Annotated[int, Field(gt=0)]

COORDINATOR = "trino-coordinator"
WORKER = "trino-worker"


class Queries(Section):
    """How many queries run at once: Trino's resource groups.

    Lakestead's own user has a group of its own, so that a full queue cannot keep its checks out.

    + concurrent: of all users together; more wait
    + concurrent_per_user: of one user
    + queued: that wait; one more is refused
    """

    concurrent: Positive = 20
    concurrent_per_user: Positive = 10
    queued: Positive = 200


class Tpch(Section):
    """The tables of TPC-H in the lakehouse, with which query times are measured.

    + scale: of the data: 1 are 1 GB as TPC-H counts it, 6 million lines of orders
    + namespace: where the tables lie
    """

    scale: Annotated[float, Field(ge=0.01, le=100)] = 1
    namespace: Catalog = "tpch"


class Trino(Section):
    """Trino, a coordinator and workers.

    What its servers may use is said in ``allocations``, components ``trino-coordinator`` and
    ``trino-worker``; heap and limits of queries are derived from it.

    It is in the metastore's namespace, and its Secrets are kept where the metastore's are.

    + release: name of its HelmRelease, and of the Service for clients
    + image: with the commands of ``images/trino``
    + image_pull_policy: as Kubernetes has it
    + url: the coordinator as the workstation reaches it, ``https://HOST:PORT``
    + catalog: name of the lakehouse's catalog in queries
    + user: Lakestead's own
    + users_secret: entries ``username`` and ``password`` of that user, and ``password.db`` with all users
      and their hashes, which the coordinator reads. Made where it is not there
    + certificate_secret: entries ``tls-combined.pem`` (key and certificates) for the coordinator and
      ``ca.crt`` for clients. Made with an authority of its own where it is not there
    + cluster_secret: entry ``shared-secret``, by which servers know one another. Made likewise
    + service_address: a fixed address for the Service, of the cluster's service range
    + service_type: how the Service is reached from outside the cluster
    + priority_class: of the cluster's
    + network: who may reach whom; by default nothing is restricted
    + queries: how many run at once
    + drain_seconds: how long a worker that is to end waits for its queries, at most
    + grace_seconds: until the coordinator has seen that a worker ends; it waits twice that long
    + properties: further properties of every server's ``config.properties``
    + catalog_properties: further properties of the lakehouse's catalog
    + tpch: tables for query times; without it there are none
    + timeout: seconds to wait for the release, beside those in which its workers end one after the other,
      and then for the first answer
    """

    release: ReleaseName = "trino"
    image: Text
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] = "IfNotPresent"
    url: Annotated[str, Field(pattern=r"^https://[A-Za-z0-9.-]+(:[0-9]{1,5})?$")]
    catalog: Catalog = "lakehouse"
    user: Annotated[str, Field(pattern=r"^[a-z][a-z0-9._-]*$", max_length=63)] = "lakestead"
    users_secret: ObjectName = "trino-users"
    certificate_secret: ObjectName = "trino-certificate"
    cluster_secret: ObjectName = "trino-cluster"
    service_address: str | None = None
    service_type: Literal["ClusterIP", "NodePort", "LoadBalancer"] = "ClusterIP"
    priority_class: ObjectName | None = None
    network: Network | None = None
    queries: Queries = Queries()
    drain_seconds: Positive = 600
    grace_seconds: Positive = 30
    properties: dict[Text, str | int | bool] = {}
    catalog_properties: dict[Text, str | int | bool] = {}
    tpch: Tpch | None = None
    timeout: Positive = 600

    @field_validator("service_address")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                IPv4Address(value)
            except ValueError:
                raise ValueError('an IPv4 address: "10.96.0.25"') from None
        return value

    @model_validator(mode="after")
    def _own_catalog(self) -> Trino:
        if self.catalog == "system" or (self.catalog == "tpch" and self.tpch is not None):
            raise ValueError(
                f"catalog must not be {self.catalog}, which is a catalog of Trino's own"
            )
        return self


def mistakes(allocations: Mapping[str, Allocation]) -> list[Mistake]:
    """What is wrong with the allocations of Trino's servers."""
    found = []
    for component in (COORDINATOR, WORKER):
        if component in allocations:
            memory = allocations[component].memory
            try:
                divide(memory.bytes)
            except ValueError as error:
                path = ("allocations", component, "memory")
                found.append(Mistake(path=path, text=f"= {str(memory)!r} {error}"))
    coordinator = allocations.get(COORDINATOR)
    if coordinator is not None and coordinator.replicas != 1:
        path = ("allocations", COORDINATOR, "replicas")
        text = f"= {coordinator.replicas}: Trino has one coordinator; accepted: 1"
        found.append(Mistake(path=path, text=text))
    return found
