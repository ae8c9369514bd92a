# expect: iceberg.warehouse = 's3://lakehouse'
# expect: s3a://BUCKET/PREFIX
iceberg = {"thrift": "thrift://10.0.0.24:9083", "warehouse": "s3://lakehouse"}
