# expect: metastore.warehouse
# expect: managed and external must not lie in one another
metastore = {
    "image": "hive-metastore:4.0.0",
    "database": {"host": "postgresql.databases.svc"},
    "warehouse": {"managed": "s3a://lakehouse/all", "external": "s3a://lakehouse/all/external"},
}
