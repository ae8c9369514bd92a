"""Helm, as Flux's helm-controller uses it: charts, values, rendering, what a release has installed."""
