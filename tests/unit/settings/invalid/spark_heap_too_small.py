# expect: There are 2 mistakes
# expect: spark.driver =
# expect: '256Mi', 'overhead': '512Mi'}: memory of at least 480Mi
spark = {
    "image": "spark",
    "driver": {"cpu": "1", "memory": "450Mi", "overhead": "256Mi"},
    "executor": {"cpu": "1", "memory": "256Mi", "overhead": "512Mi"},
    "quota": {"cpu": "4", "memory": "4Gi", "pods": 4},
    "raw": "s3a://lakehouse/raw",
}
