"""Tables and pages about a graded class."""
