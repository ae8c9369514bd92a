"""The Hive Metastore: its image, its database, where tables lie and how it is reached."""

from __future__ import annotations

from ipaddress import IPv4Address, ip_network
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from lakestead.settings.framework import Section
from lakestead.settings.names import Namespace, ObjectName, Port, ReleaseName, Text

Identifier = Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]*$", max_length=61)]


POOLS = 5
"""Pools of connections in each of the metastore's servers: objects, transactions, locks and the like."""


class Database(Section):
    """The metastore's database in PostgreSQL.

    + host, port: as the metastore's pods reach PostgreSQL
    + name: of the database; made with ``role`` as its owner where it is not there
    + role: the metastore's user
    + secret: keys ``username`` and ``password``; made with a random password where it is not there
    + namespace: of the Secret; by default the metastore's. With External Secrets it is the store's,
      ``secrets.namespace``, and the metastore's pods read the copy of the same name
    + pool_size: connections in each of a replica's five pools; ``role`` is limited to what all need
    """

    host: Text
    port: Port = 5432
    name: Identifier = "metastore"
    role: Identifier = "metastore"
    secret: ObjectName = "hive-metastore-database"
    namespace: Namespace | None = None
    pool_size: Annotated[int, Field(ge=2, le=50)] = 5

    def connections(self, pods: int, draining: int) -> int:
        """How many ``pods`` open at most: their pools, and one each while the schema is looked at.

        Those that ``drain`` beside them during a rollout keep one a pool. Five more are for people. The
        metastore of a drill has the same limit, while no rollout is on.
        """
        return pods * (POOLS * self.pool_size + 1) + draining * POOLS + 5

    @property
    def users(self) -> tuple[str, str]:
        """The two users of PostgreSQL that the password changes between (docs/secrets.md)."""
        return self.role, f"{self.role}_2"


class Warehouse(Section):
    """Where databases lie that are made without a location, as ``s3a://BUCKET/PREFIX``.

    + managed: tables of Hive's own; Iceberg has none
    + external: all others. The server refuses external tables below ``managed``
    """

    managed: str
    external: str

    @field_validator("managed", "external")
    @classmethod
    def _url(cls, value: str) -> str:
        bucket, _, prefix = value.removeprefix("s3a://").partition("/")
        if not value.startswith("s3a://") or not bucket or not prefix.strip("/"):
            raise ValueError("s3a://BUCKET/PREFIX")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _apart(self) -> Warehouse:
        managed, external = self.managed + "/", self.external + "/"
        if managed.startswith(external) or external.startswith(managed):
            raise ValueError("managed and external must not lie in one another")
        return self


class Network(Section):
    """Who may reach the metastore's pods, and whom they may reach: a NetworkPolicy.

    PostgreSQL and the gateway are found by their hosts' names where those are of the cluster.

    + namespaces: of clients, beside the metastore's own
    + addresses: of clients outside of the cluster, as CIDR; nodes count as such
    + egress_addresses: of PostgreSQL and the gateway where they are outside of the cluster, as CIDR
    """

    namespaces: list[Namespace] = []
    addresses: list[str] = []
    egress_addresses: list[str] = []

    @field_validator("addresses", "egress_addresses")
    @classmethod
    def _networks(cls, value: list[str]) -> list[str]:
        for item in value:
            try:
                ip_network(item)
            except ValueError:
                item = ""
            if "/" not in item:
                raise ValueError('networks as CIDR: ["10.0.0.0/24", "10.0.0.7/32"]')
        return value


class Metastore(Section):
    """The Hive Metastore.

    + namespace, release: of its HelmRelease; ``release`` also names Deployment and Service
    + image: with the commands of ``images/hive-metastore``
    + image_pull_policy: as Kubernetes has it
    + service_address: a fixed address for the Service, of the cluster's service range
    + service_type: how the Service is reached from outside the cluster
    + priority_class: of the cluster's; by default the chart makes one
    + network: who may reach whom; by default nothing is restricted
    + configuration: further properties of ``metastore-site.xml``
    + timeout: seconds to wait for the release, and then for the first answer
    """

    namespace: Namespace = "data-platform"
    release: ReleaseName = "hive-metastore"
    image: Text
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] = "IfNotPresent"
    database: Database
    warehouse: Warehouse
    service_address: str | None = None
    service_type: Literal["ClusterIP", "NodePort", "LoadBalancer"] = "ClusterIP"
    priority_class: ObjectName | None = None
    network: Network | None = None
    configuration: dict[Text, str | int | bool] = {}
    timeout: Annotated[int, Field(gt=0)] = 300

    @property
    def secret_namespace(self) -> str:
        """Namespace of the Secret that ``database.secret`` names."""
        return self.database.namespace or self.namespace

    @field_validator("service_address")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                IPv4Address(value)
            except ValueError:
                raise ValueError('an IPv4 address: "10.96.0.24"') from None
        return value
