# expect: secrets.operator.repository
# never: hunter2
secrets = {
    "kind": "external-secrets",
    "operator": {"repository": "https://me:hunter2@charts.example", "version": "0.19.2"},
}
