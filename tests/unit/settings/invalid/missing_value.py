# expect: line 3: allocations.hive-metastore.memory is missing; accepted: "512Mi", "4Gi"
allocations = {
    "hive-metastore": {"cpu": "200m"},
}
