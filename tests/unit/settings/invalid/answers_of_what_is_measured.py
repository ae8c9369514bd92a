# expect: storage_usage
answers = {"storage_usage": {"answer": "yes", "by": "ann", "at": "2026-11-21"}}
