"""Checks with three answers that stand before a change."""
