"""Our side of nbgrader: release, autograde, feedback and export of a course, hardened.

nbgrader keeps the gradebook, the exchange and the pages for people. No cell of a student is ever run: what is
graded are the homework's files, by `autograder grade`, and nbgrader is handed the results.
"""

from autograder.nbgrader.config import configure

__all__ = ["configure"]
