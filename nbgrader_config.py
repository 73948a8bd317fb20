"""Makes this repository a course of nbgrader: docs/nbgrader.md. Settings go to nbgrader_settings.py."""

from pathlib import Path

config = get_config()  # noqa: F821 - given by whoever loads this file
try:
    from autograder.nbgrader import configure
except ImportError as error:  # nbgrader would go on without, and run the code of students
    raise SystemExit(f"nbgrader_config.py needs: pip install 'autograder[tf,nbgrader]' ({error})") from error
configure(config, Path(__file__).parent)
