"""What students run themselves: cells of the notebook, and nbgrader's own validation."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from autograder import notebook
from gradebook.school import School
from gradebook.small_course import NAME, REFERENCE, RIGHT, write_small_course
from gradebook.students import answers, files


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A student's folder of the homework."""
    root = tmp_path_factory.mktemp("student")
    write_small_course(root)
    return root / "assignments" / NAME


@pytest.fixture
def written(folder: Path) -> Path:
    (folder / "maths.py").write_text(RIGHT)
    return folder


def test_a_cell_shows_only_its_public_checks(written: Path) -> None:
    """It says how many hidden checks there are where it has no public ones."""
    doubling, others = notebook.check("doubling", written), notebook.check("others", written)
    assert repr(doubling) == "passed (2/2): double doubles\n2 of 2 public points."
    assert "data:image/png;base64," in doubling._repr_html_()
    assert repr(others) == "This part has no public checks; 2 hidden checks will decide."


def test_a_cell_says_what_is_not_written_yet(written: Path) -> None:
    (written / "maths.py").write_text(
        REFERENCE.replace("    return x * (1 + 1) + 0\n", "    raise NotImplementedError\n")
    )
    assert "not attempted (0/2): double doubles" in repr(notebook.check("doubling", written))


def test_a_cell_that_cannot_run_says_why(written: Path) -> None:
    assert "Expected one of the parts doubling, others. Received: 'adding'" in repr(
        notebook.check("adding", written)
    )
    (written / "maths.py").write_bytes("x = 1\n".encode("utf-16"))
    assert "maths.py is saved as UTF-16. Save it as UTF-8." in repr(notebook.check("doubling", written))


STOPPED = """
import os, signal, threading
from pathlib import Path
from autograder.notebook import check

signal.signal(signal.SIGINT, signal.default_int_handler)  # tests that run in the background ignore it
module = Path("maths.py")
right = module.read_text()
module.write_text("import time\\n" + right.replace("return x + x", "time.sleep(60)"))
# As Jupyter does: the kernel, and all that it has started.
threading.Timer(8, os.killpg, (0, signal.SIGINT)).start()
try:
    print(check("doubling"))
except KeyboardInterrupt:
    print("stopped")
module.write_text(right)
print(check("doubling"))
"""


def test_a_cell_that_was_stopped_can_be_run_again(written: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", STOPPED],
        cwd=written,
        capture_output=True,
        text=True,
        timeout=100,
        start_new_session=True,
        check=True,
    )
    assert done.stdout == "stopped\npassed (2/2): double doubles\n2 of 2 public points.\n"


def test_checks_do_not_run_while_nbgrader_grades(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says that the configuration of the course is not in use."""
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    with pytest.raises(RuntimeError, match=r"nbgrader_config\.py is not in use"):
        notebook.check("doubling", written)


def test_validation_runs_the_public_checks(small_school: School) -> None:
    home = small_school.home("validator")
    small_school.many([(home, ["fetch_assignment", NAME])])
    files(change=answers("Because."))(home / NAME)
    assert "Success! Your notebook passes all the tests." in small_school.nbgrader(
        "validate", f"{NAME}/{NAME}.ipynb", folder=home
    )
    (home / NAME / "maths.py").write_text(RIGHT.replace("x + x", "x"))
    printed = small_school.nbgrader("validate", f"{NAME}/{NAME}.ipynb", folder=home)
    assert "VALIDATION FAILED ON 1 CELL" in printed
    assert "failed (0/2): double doubles" in printed
