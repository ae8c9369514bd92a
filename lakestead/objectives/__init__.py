"""Objectives: declared in files, tracked in goals.json, executed one at a time."""
