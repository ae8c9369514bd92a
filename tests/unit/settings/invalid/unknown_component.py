# expect: line 2: allocations.hive-metastor is not known; did you mean 'hive-metastore'?
allocations = {"hive-metastor": {"cpu": "200m", "memory": "4Gi"}}
