# expect: There are 2 mistakes
# expect: spark.namespace must be another namespace than metastore.namespace
# expect: spark.raw lies in a bucket that is none of object_storage.buckets
spark = {
    "namespace": "data-platform",
    "image": "spark",
    "driver": {"cpu": "1", "memory": "1Gi", "overhead": "256Mi"},
    "executor": {"cpu": "1", "memory": "1Gi", "overhead": "512Mi"},
    "quota": {"cpu": "4", "memory": "4Gi", "pods": 4},
    "raw": "s3a://elsewhere/raw",
}
