"""The Hive Metastore: its database's credentials, its release, its Thrift interface."""
