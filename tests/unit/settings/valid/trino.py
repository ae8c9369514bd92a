allocations = {
    "hive-metastore": {"cpu": "200m", "memory": "768Mi"},
    "trino-coordinator": {"cpu": "100m", "memory": "1152Mi"},
    "trino-worker": {"replicas": 2, "cpu": "100m", "memory": "2Gi"},
}
trino = {"image": "trino:483", "url": "https://10.0.0.25:8443", "tpch": {"scale": 0.1}}
