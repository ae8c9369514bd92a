"""Jobs on the Spark Operator: what they are, how they are followed, and what went wrong."""
