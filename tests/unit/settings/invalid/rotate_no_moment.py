# expect: rotate_before = 'soon'
# expect: a moment in UTC: "2026-11-21T20:00"
rotate_before = "soon"
