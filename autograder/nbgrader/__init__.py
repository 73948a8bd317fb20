"""What nbgrader calls: release, collection, autograding, feedback and export of a course, hardened.

nbgrader keeps the gradebook, the exchange and the pages for graders. No cell of a student is ever run:
`autograder grade` grades the homework's files, and nbgrader receives the results.
"""

from autograder.nbgrader.config import configure

__all__ = ["configure"]
