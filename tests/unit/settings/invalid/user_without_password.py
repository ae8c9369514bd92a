# expect: username and password, or neither
gitops = {"url": "https://git.example/me/homelab.git", "username": "lakestead"}
