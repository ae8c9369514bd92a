# expect: object_storage.user.secret is in namespace data-platform, not in kept, as secrets.namespace has it
# expect: metastore.database.namespace is in namespace elsewhere, not in kept
secrets = {"kind": "external-secrets", "namespace": "kept"}
metastore = {
    "image": "hive-metastore:4.0.0",
    "database": {"host": "postgresql.databases.svc", "namespace": "elsewhere"},
    "warehouse": {"managed": "s3a://lakehouse/managed", "external": "s3a://lakehouse/warehouse"},
}
