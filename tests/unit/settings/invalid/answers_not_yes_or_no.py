# expect: 'maybe'
answers = {"analytics": {"answer": "maybe", "by": "ann", "at": "2026-11-21"}}
