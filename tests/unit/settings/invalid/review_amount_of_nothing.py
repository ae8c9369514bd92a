# expect: it must be more than 0
review = {"pvc_total": "0Gi"}
