"""``lakestead capacity``: what is free on the nodes, and whether what is planned fits."""
