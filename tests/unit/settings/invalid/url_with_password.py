# expect: line 3: gitops.url = (a str, not shown): a URL without credentials
# never: hunter2
gitops = {"url": "https://me:hunter2@git.example/x.git"}
