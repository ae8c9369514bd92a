"""Everything that may be written in more than one way; on top of minimal.py."""

kube = {"kubeconfig": "~/.kube/config", "context": "anton"}

allocations = {
    "hive-metastore": {"cpu": 1, "memory": "1.5Gi"},
    "spark-operator": {"cpu": 0.2, "memory": "512 Mi"},
    "trino-worker": {"replicas": 3, "cpu": "2", "memory": "24G"},
}

capacity = {"free": {"memory": "60G"}}

gitops = {
    "url": "https://git.example/homelab.git",
    "username": "lakestead",
    "password": {"secret": "flux-system/git", "key": "password"},
}

_helper = "a name that begins with _ is no setting"
ssh_user = "pyinfra's own"
