"""pyinfra connectors for a cluster's API (``@kube``) and for pods (``@kubepod``)."""
