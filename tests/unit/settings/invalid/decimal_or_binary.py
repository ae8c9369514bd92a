# expect: allocations.hive-metastore.memory = '4GB': the unit 'GB' is unknown (did you mean "4Gi"?)
allocations = {"hive-metastore": {"cpu": "200m", "memory": "4GB"}}
