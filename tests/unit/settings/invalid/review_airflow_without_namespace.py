# expect: review.airflow
review = {"airflow": "airflow"}
