"""Settings of the homelab in inventories/anton.py.

Every key, with what it accepts: docs/settings.md. Quantities are Kubernetes' own: "4Gi", "200m";
"4GB" is refused. A secret is a reference, never a value:

    {"env": NAME}  |  {"file": PATH}  |  {"secret": "namespace/name", "key": KEY}
"""

from __future__ import annotations

kube = {"kubeconfig": "~/.kube/config", "context": "anton"}

# What each component's pods request, phase by phase. A phase's gate counts its own.
allocations = {
    # Phase 1
    # 4 GiB in two replicas: one serves while the other is being replaced.
    "hive-metastore": {"replicas": 2, "cpu": "200m", "memory": "2Gi"},
    # Phase 2
    "spark-operator": {"replicas": 1, "cpu": "200m", "memory": "512Mi"},
    # Phase 3
    "trino-coordinator": {"replicas": 1, "cpu": "500m", "memory": "8Gi"},
    "trino-worker": {"replicas": 2, "cpu": "2000m", "memory": "24Gi"},
}

# What the cluster must have to spare before phase 1 begins: room for all phases, so that nobody
# finds out in phase 3.
capacity = {
    "free": {"cpu": "6", "memory": "60G"},
    "used_below_percent": 70,
}

# What lakestead review measures by, beside capacity. Its questions are answered by a person; it keeps
# the answers in a section `answers` of this file, with who and when.
review = {
    "pvc_total": "200Gi",
    "parts": ["airflow", "prometheus", "grafana", "external-secrets"],
    "airflow": "airflow/airflow",
}

object_storage = {
    # Rook's CephObjectStore.
    "namespace": "storage",
    "object_store": "storage",
    # The gateway from the workstation (an Ingress or a LoadBalancer), and from pods.
    "endpoint": "https://s3.anton.example",
    "cluster_endpoint": "http://rook-ceph-rgw-storage.storage.svc.cluster.local:80",
    "region": "us-east-1",
    "admin": {"uid": "lakestead-admin", "secret": "storage/rgw-admin-ops-user"},
    "user": {
        "uid": "lakehouse",
        "display_name": "Lakehouse",
        "max_buckets": 10,
        "quota": {"max_size": "2Ti"},
        "secret": "lakestead-secrets/lakehouse-s3",
    },
    "buckets": {
        "lakehouse": {
            "versioning": True,
            "lifecycle": [
                {"id": "old-versions", "noncurrent_days": 30, "expired_delete_markers": True},
                {"id": "lost-uploads", "abort_multipart_days": 7},
            ],
            "quota": {"max_size": "1500Gi"},
        },
    },
}

# The homelab repo that Flux follows; ssh's agent and keys are used.
gitops = {
    "url": "ssh://git@github.com/anton/homelab.git",
    "branch": "main",
}

# Flux is there already, with the names of `flux bootstrap`.
flux = {"interval": "10m"}

metastore = {
    # Built from images/hive-metastore and pushed to a registry that the nodes can pull from.
    "image": "registry.anton.example/hive-metastore:4.0.0-2",
    "database": {
        "host": "postgres-rw.databases.svc.cluster.local",
        "namespace": "lakestead-secrets",
    },
    "warehouse": {
        "managed": "s3a://lakehouse/managed",
        "external": "s3a://lakehouse/warehouse",
    },
    # An address of the network for the workstation (MetalLB, Cilium).
    "service_type": "LoadBalancer",
    # Clients: namespaces of the cluster, and the network of the workstation and the nodes.
    "network": {"namespaces": ["spark", "trino", "airflow"], "addresses": ["10.0.0.0/24"]},
}

iceberg = {
    "thrift": "thrift://metastore.anton.example:9083",
    "namespace": "lakestead",
    "table": "first_light",
    "warehouse": "s3a://lakehouse/warehouse/lakestead.db",
}

# Who may ask Trino: docs/phase-3-trino.md. What its servers use is in allocations.
trino = {
    # Built from images/trino and pushed to a registry that the nodes can pull from.
    "image": "registry.anton.example/trino:483-2",
    "url": "https://trino.anton.example:8443",
    "service_type": "LoadBalancer",
    "network": {"namespaces": ["airflow"], "addresses": ["10.0.0.0/24"]},
    "tpch": {"scale": 10},
}

# Lakestead's part of what watches the platform. The CRDs of the Prometheus Operator must be there.
monitoring = {
    "prometheus_operator": True,
    "dashboards": True,
    "labels": {"release": "kube-prometheus-stack"},
}

# Dumps of the metastore's database, in a bucket of their own: docs/backup.md.
backup = {
    # Built from images/metadata-backup; its PostgreSQL client must not be older than the server.
    "image": "registry.anton.example/metadata-backup:17",
    "schedule": "17 */6 * * *",
    "keep_days": 30,
    "max_age_hours": 26,
}

# Credentials are kept in namespace lakestead-secrets, and the External Secrets Operator, which the
# homelab has, copies them to the pods' namespace. Without it: {"kind": "kubernetes"}, and the two
# Secrets above in namespace data-platform.
secrets = {"kind": "external-secrets"}

# Phase 2. Jobs run in a namespace of their own, and all of them together may have what the quota says:
# with the operator 38.5 GiB, the phase's 42 GB.
spark = {
    # Both built from images/ and pushed to a registry that the nodes can pull from.
    "operator": {"image": "registry.anton.example/spark-operator:2.5.2"},
    "image": "registry.anton.example/spark:4.1.4",
    "driver": {"cpu": "500m", "memory": "2Gi", "overhead": "1Gi"},
    "executor": {"count": 2, "cpu": "1", "cores": 2, "memory": "6Gi", "overhead": "2Gi"},
    "quota": {"cpu": "8", "memory": "38Gi", "pods": 12},
    "raw": "s3a://lakehouse/raw/sample",
}

# The homelab's own Airflow, to which phase 2 adds a DAG that starts Spark jobs.
airflow = {
    "release": "airflow/airflow",
    "file": "kubernetes/apps/airflow/airflow/app/helmrelease.yaml",
    "url": "https://airflow.anton.example",
    "username": "lakestead",
    "password": {"secret": "airflow/lakestead-login", "key": "password"},
}
