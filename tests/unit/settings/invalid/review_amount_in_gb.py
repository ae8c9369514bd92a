# expect: the unit 'GB' is unknown
review = {"pvc_total": "200GB"}
