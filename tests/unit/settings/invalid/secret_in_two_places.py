# expect: gitops.password = (a dict, not shown): one of {"env": NAME}
gitops = {
    "url": "https://git.example/x.git",
    "username": "me",
    "password": {"env": "A", "file": "b"},
}
