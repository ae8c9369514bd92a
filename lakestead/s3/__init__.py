"""The object gateway's S3 side: buckets, read back after every write, and the round trip."""
