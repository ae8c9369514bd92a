"""pyinfra operations: the one package that writes to the cluster and to what runs on it."""
