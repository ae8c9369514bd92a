# expect: trino.release must be another name than the Spark Operator's
trino = {"image": "trino:483", "url": "https://10.0.0.25:8443", "release": "spark-operator"}
