"""The Kubernetes API: kubeconfig, transport, discovery, exec, status, waiting."""
