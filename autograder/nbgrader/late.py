"""The penalty for a late submission, by the table ``[late]`` of the homework."""

from __future__ import annotations

from pathlib import Path

from nbgrader.coursedir import CourseDirectory
from nbgrader.plugins import LateSubmissionPlugin

from autograder.homework import Course


class LateByHomework(LateSubmissionPlugin):
    """Takes a share of the score for each started day of lateness."""

    def late_submission_penalty(
        self, student_id: str, score: float, total_seconds_late: float
    ) -> float | None:
        """Return the points that a late submission loses; None if the homework has no table ``[late]``.

        Args:
            student_id: not used, because the rule is the same for all students.
            score: present points of the notebook; manual grades count once they are given.
            total_seconds_late: seconds since the homework was due.
        """
        del student_id
        # nbgrader's interface does not pass the homework; the preprocessor that calls this knows it.
        course = Course.find(Path(CourseDirectory(parent=self).root))
        policy = course.homework(self.parent.assignment_id).late
        return None if policy is None else score * policy.share_lost(total_seconds_late)
