"""Settings: group data, checked."""
