"""What review measures by, and what it was answered."""

review = {"pvc_total": "500Gi", "parts": ["airflow"], "airflow": "jobs/airflow", "timeout": 10}
answers = {
    "s3_storage": {"answer": "yes", "by": "ann@desk", "at": "2026-11-21", "note": "backups"},
    "team_sql": {"answer": "no", "by": "ann@desk", "at": "2026-11-21"},
}
