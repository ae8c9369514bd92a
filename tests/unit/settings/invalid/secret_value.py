# expect: gitops.password = (a str, not shown): accepted: one of {"env": NAME}
# never: hunter2
gitops = {"url": "https://git.example/x.git", "username": "me", "password": "hunter2"}
