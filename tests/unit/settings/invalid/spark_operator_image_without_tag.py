# expect: spark.operator.image = 'ghcr.io/kubeflow/spark-operator/controller'
spark = {
    "operator": {"image": "ghcr.io/kubeflow/spark-operator/controller"},
    "image": "spark",
    "driver": {"cpu": "1", "memory": "1Gi", "overhead": "256Mi"},
    "executor": {"cpu": "1", "memory": "1Gi", "overhead": "512Mi"},
    "quota": {"cpu": "4", "memory": "4Gi", "pods": 4},
    "raw": "s3a://lakehouse/raw",
}
