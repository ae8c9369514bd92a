# expect: operator is of use with kind "external-secrets" alone
secrets = {"operator": {"repository": "https://charts.example", "version": "0.19.2"}}
