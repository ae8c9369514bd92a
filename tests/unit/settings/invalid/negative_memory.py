# expect: line 3: allocations.hive-metastore.memory = '-4Gi': it must be more than 0
allocations = {
    "hive-metastore": {"cpu": "200m", "memory": "-4Gi"},
}
