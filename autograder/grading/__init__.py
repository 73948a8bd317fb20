"""The way from a submission to a grade: plan, pool, slots, checks, results."""
