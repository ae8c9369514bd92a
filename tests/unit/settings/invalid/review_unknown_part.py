# expect: review.parts[1]
review = {"parts": ["airflow", "loki"]}
