"""Only what has no default."""

allocations = {"hive-metastore": {"cpu": "200m", "memory": "768Mi"}}

object_storage = {
    "namespace": "storage",
    "object_store": "storage",
    "endpoint": "http://10.0.0.20:80",
    "cluster_endpoint": "http://rgw.storage.svc:80",
    "admin": {"secret": "storage/rgw-admin"},
    "user": {"uid": "lakehouse", "display_name": "Lakehouse", "secret": "data-platform/s3"},
    "buckets": {"lakehouse": {}},
}

gitops = {"url": "https://git.example/homelab.git"}

flux = {}

metastore = {
    "image": "hive-metastore:4.0.0",
    "database": {"host": "postgresql.databases.svc"},
    "warehouse": {"managed": "s3a://lakehouse/managed", "external": "s3a://lakehouse/warehouse"},
}

iceberg = {"thrift": "thrift://10.0.0.24:9083", "warehouse": "s3a://lakehouse/warehouse"}
