"""What lateness costs, by the ``[late]`` table of the homework."""

from __future__ import annotations

from pathlib import Path

from nbgrader.coursedir import CourseDirectory
from nbgrader.plugins import LateSubmissionPlugin

from autograder.homework import Course


class LateByHomework(LateSubmissionPlugin):
    """A share of the score for each day that has begun."""

    def late_submission_penalty(
        self, student_id: str, score: float, total_seconds_late: float
    ) -> float | None:
        """Return the points that a late submission loses; None where the homework has no such rule.

        Args:
            student_id: not looked at: the rule is the same for everybody.
            score: what the notebook has now; with a manual grade only once it was given.
            total_seconds_late: since the homework was due, in seconds.
        """
        del student_id
        # nbgrader's interface does not say which homework it is about; the preprocessor that asks knows.
        course = Course.find(Path(CourseDirectory(parent=self).root))
        policy = course.homework(self.parent.assignment_id).late
        return None if policy is None else score * policy.share_lost(total_seconds_late)
