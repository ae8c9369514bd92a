# expect: answers.analytics.at
answers = {"analytics": {"answer": "yes", "by": "ann", "at": "yesterday"}}
