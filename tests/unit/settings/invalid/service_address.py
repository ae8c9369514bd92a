# expect: metastore.service_address = '10.96.0'
# expect: an IPv4 address
metastore = {
    "image": "hive-metastore:4.0.0",
    "database": {"host": "postgresql.databases.svc"},
    "warehouse": {"managed": "s3a://lakehouse/managed", "external": "s3a://lakehouse/warehouse"},
    "service_address": "10.96.0",
}
