"""A deploy file that does nothing: a run that only connects to the hosts."""
