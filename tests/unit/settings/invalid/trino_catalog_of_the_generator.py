# expect: catalog must not be tpch
trino = {
    "image": "trino:483",
    "url": "https://10.0.0.25:8443",
    "catalog": "tpch",
    "tpch": {"scale": 0.1},
}
