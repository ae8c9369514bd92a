# expect: monitoring.prometheus is not known; did you mean 'prometheus_operator'?
monitoring = {"prometheus": True}
