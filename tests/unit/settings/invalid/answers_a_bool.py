# expect: answers.analytics.answer = True
answers = {"analytics": {"answer": True, "by": "ann", "at": "2026-11-21"}}
