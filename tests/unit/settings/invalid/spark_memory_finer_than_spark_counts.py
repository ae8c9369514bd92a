# expect: memory and overhead in whole Mi or Gi
spark = {
    "image": "spark",
    "driver": {"cpu": "1", "memory": "1G", "overhead": "256Mi"},
    "executor": {"cpu": "1", "memory": "1Gi", "overhead": "512Mi"},
    "quota": {"cpu": "4", "memory": "4Gi", "pods": 4},
    "raw": "s3a://lakehouse/raw",
}
