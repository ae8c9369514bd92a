"""The Hive Metastore: its image, its database, where tables lie and how it is reached."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from lakestead.settings.framework import Section

Text = Annotated[str, Field(min_length=1)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", max_length=53)]
SecretName = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", max_length=253)]
Identifier = Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]*$", max_length=61)]
Port = Annotated[int, Field(gt=0, lt=65536)]


class Database(Section):
    """The metastore's database in PostgreSQL.

    + host, port: as the metastore's pods reach PostgreSQL
    + name: of the database; made with ``role`` as its owner where it is not there
    + role: the metastore's user
    + secret: keys ``username`` and ``password``; made with a random password where it is not there
    + namespace: of the Secret; by default the metastore's. With External Secrets it is the store's,
      ``secrets.namespace``, and the metastore's pods read the copy of the same name
    """

    host: Text
    port: Port = 5432
    name: Identifier = "metastore"
    role: Identifier = "metastore"
    secret: SecretName = "hive-metastore-database"
    namespace: Name | None = None

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


class Metastore(Section):
    """The Hive Metastore.

    + namespace, release: of its HelmRelease; ``release`` also names Deployment and Service
    + image: with the commands of ``images/hive-metastore``
    + image_pull_policy: as Kubernetes has it
    + service_address: a fixed address for the Service, of the cluster's service range
    + service_type: how the Service is reached from outside the cluster
    + configuration: further properties of ``metastore-site.xml``
    + timeout: seconds to wait for the release, and then for the first answer
    """

    namespace: Name = "data-platform"
    release: Name = "hive-metastore"
    image: Text
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] = "IfNotPresent"
    database: Database
    warehouse: Warehouse
    service_address: str | None = None
    service_type: Literal["ClusterIP", "NodePort", "LoadBalancer"] = "ClusterIP"
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
