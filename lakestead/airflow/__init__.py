"""The homelab's Airflow: what is added to it, and its REST API."""
