# expect: metastore.database.pool_size = 1: input should be greater than or equal to 2
metastore = {
    "image": "hive-metastore:4.0.0",
    "database": {"host": "postgresql.databases.svc", "pool_size": 1},
    "warehouse": {"managed": "s3a://lakehouse/managed", "external": "s3a://lakehouse/warehouse"},
}
