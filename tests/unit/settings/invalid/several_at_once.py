# expect: There are 3 mistakes in the settings
# expect: line 5: flux.intervall is not known
# expect: line 6: allocations.hive-metastore.cpu = 'fast'
# expect: line 6: allocations.hive-metastore.memory = '0Gi'
flux = {"intervall": "1m"}
allocations = {"hive-metastore": {"cpu": "fast", "memory": "0Gi"}}
