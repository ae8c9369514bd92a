# expect: answers.analytics.by
answers = {"analytics": {"answer": "yes", "by": "", "at": "2026-11-21"}}
