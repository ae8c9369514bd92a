# expect: allocations.trino-coordinator is missing; the settings have a section trino
# expect: allocations.trino-worker is missing
allocations = {"hive-metastore": {"cpu": "200m", "memory": "768Mi"}}
trino = {"image": "trino:483", "url": "https://10.0.0.25:8443"}
