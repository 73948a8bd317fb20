"""A student's network in the grader: its validation, and its evaluation in the sandbox."""
