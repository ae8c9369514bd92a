"""Settings of the lab; inventories/anton.py has those of a real homelab.

Names that begin with _ are not settings.
"""

from __future__ import annotations

from lakestead.lab.charts import version as _chart_version
from lakestead.lab.flux_manifests import manifests_file as _flux_manifests
from lakestead.lab.golang import go_program as _go_program
from lakestead.lab.images import reference as _image
from lakestead.lab.network import NODE_ADDRESS as _NODE_ADDRESS
from lakestead.lab.network import SERVICE_ADDRESSES as _ADDRESS
from lakestead.lab.paths import lab_dir as _lab_dir

kube = {"kubeconfig": str(_lab_dir() / "kubeconfig"), "context": "lakestead-lab"}

# What each component's pods request. Small: the lab shares one machine with you.
allocations = {
    "hive-metastore": {"replicas": 2, "cpu": "200m", "memory": "640Mi"},
    "spark-operator": {"replicas": 1, "cpu": "50m", "memory": "384Mi"},
    "trino-coordinator": {"replicas": 1, "cpu": "100m", "memory": "1408Mi"},
    "trino-worker": {"replicas": 1, "cpu": "100m", "memory": "2304Mi"},
}

# What the lab is reviewed by: it has one small node, no monitoring, and an Airflow only once it is added.
capacity = {"free": {"cpu": "200m", "memory": "1Gi"}}
review = {"pvc_total": "100Gi", "parts": ["external-secrets"]}

# What lakestead review asks; it writes the answers here itself.
answers = {
    "s3_storage": {
        "answer": "yes",
        "by": "lakestead",
        "at": "2026-11-21",
        "note": "the lab is for it",
    },
}

object_storage = {
    "namespace": "storage",
    "object_store": "storage",
    "endpoint": f"http://{_ADDRESS['rgw']}:80",
    "cluster_endpoint": "http://rook-ceph-rgw-storage.storage.svc.cluster.local:80",
    "region": "us-east-1",
    "admin": {"uid": "lakestead-admin", "secret": "storage/rgw-admin-ops-user"},
    "user": {
        "uid": "lakehouse",
        "display_name": "Lakehouse",
        "max_buckets": 10,
        "quota": {"max_size": "20Gi", "max_objects": 1_000_000},
        "secret": "lakestead-secrets/lakehouse-s3",
    },
    "buckets": {
        "lakehouse": {
            "versioning": True,
            "lifecycle": [
                {"id": "old-versions", "noncurrent_days": 30, "expired_delete_markers": True},
                {"id": "lost-uploads", "abort_multipart_days": 7},
            ],
            "quota": {"max_size": "10Gi"},
        },
    },
}

gitops = {
    "url": f"http://{_ADDRESS['git']}/homelab.git",
    "branch": "main",
    "username": "lakestead",
    "password": {"file": str(_lab_dir() / "secrets" / "git-password")},
}

flux = {
    "manifests": str(_flux_manifests()),
    "interval": "1m",
    "helm": str(_go_program("helm").program("helm")),
    "kubectl": str(_go_program("kubectl").program("kubectl")),
}

metastore = {
    "image": _image("hive-metastore"),
    "image_pull_policy": "Never",
    "database": {
        "host": "postgresql.databases.svc.cluster.local",
        "namespace": "lakestead-secrets",
        "pool_size": 3,  # the lab's PostgreSQL allows 77 connections
    },
    "warehouse": {
        "managed": "s3a://lakehouse/managed",
        "external": "s3a://lakehouse/warehouse",
    },
    "service_address": _ADDRESS["hive-metastore"],
    # Rendered and applied; the lab's network does not enforce policies.
    "network": {"addresses": [f"{_NODE_ADDRESS}/32"]},
}

iceberg = {
    "thrift": f"thrift://{_ADDRESS['hive-metastore']}:9083",
    "namespace": "lakestead",
    "table": "first_light",
    "warehouse": "s3a://lakehouse/warehouse/lakestead.db",
}

trino = {
    "image": _image("trino"),
    "image_pull_policy": "Never",
    "url": f"https://{_ADDRESS['trino']}:8443",
    "service_address": _ADDRESS["trino"],
    "network": {"addresses": [f"{_NODE_ADDRESS}/32"]},
    "grace_seconds": 5,
    "drain_seconds": 120,
    "tpch": {"scale": 0.1},
}

backup = {"image": _image("metadata-backup"), "image_pull_policy": "Never"}

# Credentials are kept in a namespace of their own; External Secrets copies them to the pods' one.
# The operator as small as it goes: it may read that one namespace, and has no webhook. Spark's jobs have
# another one; Lakestead itself brings the S3 key there.
secrets = {
    "kind": "external-secrets",
    "namespace": "lakestead-secrets",
    "operator": {
        "repository": f"http://{_ADDRESS['git']}/charts",
        "version": _chart_version("external-secrets"),
        "values": {
            "image": dict(
                zip(("repository", "tag"), _image("external-secrets").split(":"), strict=True),
                pullPolicy="Never",
            ),
            "scopedNamespace": "data-platform",
            "scopedRBAC": True,
            "processClusterStore": False,
            "processClusterExternalSecret": False,
            "processClusterPushSecret": False,
            "processPushSecret": False,
            "webhook": {"create": False},
            "certController": {"create": False},
            "resources": {
                "requests": {"cpu": "20m", "memory": "64Mi"},
                "limits": {"memory": "256Mi"},
            },
        },
    },
}

# Phase 2: jobs of one driver and one executor, one job at a time.
spark = {
    "operator": {
        "repository": f"http://{_ADDRESS['git']}/charts",
        "version": _chart_version("spark-operator"),
        "image": _image("spark-operator"),
    },
    "image": _image("spark"),
    "image_pull_policy": "Never",
    "driver": {"cpu": "200m", "memory": "512Mi", "overhead": "384Mi"},
    "executor": {"cpu": "200m", "memory": "512Mi", "overhead": "384Mi"},
    "quota": {"cpu": "1", "memory": "2Gi", "pods": 4},
    # A few rows on two cores: few tasks, and a compiler that takes a third less of the processor.
    "configuration": {
        "spark.sql.shuffle.partitions": 2,
        "spark.driver.defaultJavaOptions": "-XX:TieredStopAtLevel=1",
        "spark.executor.defaultJavaOptions": "-XX:TieredStopAtLevel=1",
    },
    "raw": "s3a://lakehouse/raw/sample",
}

# Objective 2.3 adds a DAG to the homelab's own Airflow, which the lab has after: lakestead lab add airflow
airflow = {
    "url": f"http://{_ADDRESS['airflow']}:8080",
    "password": {"secret": "airflow/airflow-passwords", "key": "password"},
    "retries": 0,
}
