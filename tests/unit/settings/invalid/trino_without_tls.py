# expect: trino.url = 'http://10.0.0.25:8080'
trino = {"image": "trino:483", "url": "http://10.0.0.25:8080"}
