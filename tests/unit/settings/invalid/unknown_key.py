# expect: line 3: allocations.hive-metastore.replica is not known; did you mean 'replicas'?
allocations = {
    "hive-metastore": {"replica": 2, "cpu": "200m", "memory": "4Gi"},
}
