# expect: metastore.database.password is not known
# never: hunter2
metastore = {
    "image": "hive-metastore:4.0.0",
    "database": {"host": "postgresql.databases.svc", "password": "hunter2"},
    "warehouse": {"managed": "s3a://lakehouse/managed", "external": "s3a://lakehouse/warehouse"},
}
