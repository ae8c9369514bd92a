# expect: line 4: allocations.hive-metastore.memory = '4GBs': the unit 'GBs' is unknown (did you mean "4Gi"?)
# expect: accepted: "512Mi", "4Gi"
allocations = {
    "hive-metastore": {"cpu": "200m", "memory": "4GBs"},
}
