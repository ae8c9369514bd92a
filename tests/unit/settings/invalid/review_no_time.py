# expect: review.timeout
review = {"timeout": 0}
