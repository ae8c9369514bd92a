# expect: catalog must not be system
trino = {"image": "trino:483", "url": "https://10.0.0.25:8443", "catalog": "system"}
