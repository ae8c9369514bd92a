"""Iceberg tables, by pyiceberg. pyiceberg and PyArrow are imported where they are needed: they load slowly."""
