# expect: allocations.hive-metastore.memory = 4: a unit is missing
allocations = {"hive-metastore": {"cpu": "200m", "memory": 4}}
