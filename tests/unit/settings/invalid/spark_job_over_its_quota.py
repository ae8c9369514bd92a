# expect: a job's driver and 2 executors ask for 5376Mi, and quota.memory is less
spark = {
    "image": "spark",
    "driver": {"cpu": "1", "memory": "1Gi", "overhead": "256Mi"},
    "executor": {"count": 2, "cpu": "1", "memory": "1536Mi", "overhead": "512Mi"},
    "quota": {"cpu": "4", "memory": "4Gi", "pods": 4},
    "raw": "s3a://lakehouse/raw",
}
