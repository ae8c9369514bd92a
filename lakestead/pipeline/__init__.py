"""The whole way: raw files in S3, a DAG run, a Spark job, Iceberg tables, and Trino's answers from them."""
