# expect: did you mean 'analytics'
answers = {"analytic": {"answer": "yes", "by": "ann", "at": "2026-11-21"}}
