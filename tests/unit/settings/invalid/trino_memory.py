# expect: allocations.trino-worker.memory = '1Gi' is too little for a Trino server: 640Mi are not heap, and 384Mi of heap would be left; at least 1152Mi
# expect: allocations.trino-coordinator.replicas = 2: Trino has one coordinator
allocations = {
    "hive-metastore": {"cpu": "200m", "memory": "768Mi"},
    "trino-coordinator": {"replicas": 2, "cpu": "100m", "memory": "8Gi"},
    "trino-worker": {"cpu": "100m", "memory": "1Gi"},
}
trino = {"image": "trino:483", "url": "https://10.0.0.25:8443"}
