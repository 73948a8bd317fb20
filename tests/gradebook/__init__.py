"""Courses of nbgrader, end to end."""
