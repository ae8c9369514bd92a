# expect: allocations.hive-metastore.replicas = 0: input should be greater than 0
allocations = {"hive-metastore": {"replicas": 0, "cpu": "200m", "memory": "4Gi"}}
