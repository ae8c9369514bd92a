# expect: flux.interval
flux = {"interval": "60"}
