# expect: networks as CIDR: ["10.0.0.0/24", "10.0.0.7/32"]
metastore = {
    "image": "hive-metastore:4.0.0",
    "database": {"host": "postgresql.databases.svc"},
    "warehouse": {"managed": "s3a://lakehouse/managed", "external": "s3a://lakehouse/warehouse"},
    "network": {"addresses": ["10.0.0.7"]},
}
