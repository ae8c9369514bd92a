# expect: allocations.hive-metastore.cpu = '4Gi': the unit 'Gi' is unknown; accepted: cores
allocations = {"hive-metastore": {"cpu": "4Gi", "memory": "4Gi"}}
