"""Trino from the workstation: who may ask it, how it is asked, and what it is asked for."""
