# expect: allocations.hive-metastore.cpu = '-200m': it must be more than 0; accepted: cores
allocations = {"hive-metastore": {"cpu": "-200m", "memory": "4Gi"}}
