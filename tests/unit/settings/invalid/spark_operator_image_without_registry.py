# expect: spark.operator.image = 'spark-operator:2.5.2'
spark = {
    "operator": {"image": "spark-operator:2.5.2"},
    "image": "spark",
    "driver": {"cpu": "1", "memory": "1Gi", "overhead": "256Mi"},
    "executor": {"cpu": "1", "memory": "1Gi", "overhead": "512Mi"},
    "quota": {"cpu": "4", "memory": "4Gi", "pods": 4},
    "raw": "s3a://lakehouse/raw",
}
