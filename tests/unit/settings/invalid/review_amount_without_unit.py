# expect: a unit is missing
review = {"pvc_total": "200"}
