# expect: secrets.namespace must be another namespace than metastore.namespace
secrets = {"kind": "external-secrets", "namespace": "data-platform"}
