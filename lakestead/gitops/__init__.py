"""The homelab repo: what Flux reads, changed by commits that are built without a working tree."""
