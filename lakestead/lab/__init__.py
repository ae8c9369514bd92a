"""The lab: every real part of a lakehouse homelab on one machine."""
