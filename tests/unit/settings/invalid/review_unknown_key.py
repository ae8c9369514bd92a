# expect: did you mean 'pvc_total'
review = {"pvc_totl": "200Gi"}
