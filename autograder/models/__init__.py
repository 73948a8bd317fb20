"""A student's network, seen from the grader."""
