"""Object storage: Ceph is healthy, the user and its buckets are there, and a round trip proves it."""

from __future__ import annotations

from pyinfra import host, logger

from lakestead.facts.ceph import CephStatus
from lakestead.gates.ceph import ceph_gates
from lakestead.gates.gate import require
from lakestead.kube.client import ObjectRef
from lakestead.kube.session import api
from lakestead.operations.object_storage_admin import admin_key
from lakestead.operations.object_storage_buckets import buckets
from lakestead.operations.object_storage_round_trip import round_trip
from lakestead.operations.object_storage_user import rgw_user
from lakestead.plan.ceph_status import health_warnings
from lakestead.settings import Settings
from lakestead.settings.object_storage import ObjectStorage


def deploy() -> None:
    """Everything of objective 1.1; call it for every host."""
    settings = Settings.of(host).object_storage
    if "toolbox" in host.groups:
        require_healthy_ceph(settings)
        admin_key(name="Object storage: a key for the Admin Ops API", settings=settings)
    if "workstation" in host.groups:
        rgw_user(name="Object storage: the user and its key", settings=settings)
        buckets(name="Object storage: the buckets", settings=settings)
        round_trip(name="Object storage: a round trip with the user's key", settings=settings)


def require_healthy_ceph(settings: ObjectStorage) -> None:
    """Stop the run before any change where Ceph or its gateway is not fit; show its warnings."""
    store = ObjectRef(
        "ceph.rook.io/v1", "CephObjectStore", settings.object_store, settings.namespace
    )
    toolbox = f"kubectl --namespace {settings.namespace} exec {host.data.kubepod_workload} --"
    status = host.get_fact(CephStatus)
    require(ceph_gates(status, api(host).get(store), store.full_name, host.name, toolbox))
    for warning in health_warnings(status):
        logger.warning(f"{host.print_prefix}Ceph: {warning}")
