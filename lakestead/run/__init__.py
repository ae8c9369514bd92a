"""Run a deploy file in this process: plan it, keep the plan, apply it."""
