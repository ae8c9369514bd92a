"""Flux: what is installed, what follows the homelab repo, and how far it has got."""
