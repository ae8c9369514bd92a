"""pyinfra facts: they only read."""
