# expect: no password with an ssh URL
gitops = {
    "url": "ssh://git@git.example/me/homelab.git",
    "username": "git",
    "password": {"env": "HOMELAB_PASSWORD"},
}
