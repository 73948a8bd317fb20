"""Intake: find the submissions in a folder, read the declared files of each, and hash them.

Only files that the homework declares are read, and nbgrader's ``timestamp.txt``: by name, as regular files of
limited size. Archives are
never unpacked: the declared members are read from them, and nothing is written to disk.
"""

from autograder.submission._disk import read_regular
from autograder.submission._find import (
    Entry,
    SubmissionsError,
    find_submissions,
    passed_over,
    split_by_homework,
)
from autograder.submission._messages import MAX_ARCHIVE, MAX_FILE, RejectedSubmission, UnclearSubmission
from autograder.submission._read import Submission, digest_of, read_submission
from autograder.submission._when import handed_in_at

__all__ = [
    "MAX_ARCHIVE",
    "MAX_FILE",
    "Entry",
    "RejectedSubmission",
    "Submission",
    "SubmissionsError",
    "UnclearSubmission",
    "digest_of",
    "find_submissions",
    "handed_in_at",
    "passed_over",
    "read_regular",
    "read_submission",
    "split_by_homework",
]
