"""Make this repository a course of nbgrader: docs/nbgrader.md. Settings belong in nbgrader_settings.py."""

from pathlib import Path

config = get_config()  # noqa: F821 - defined by nbgrader, which loads this file
try:
    from autograder.nbgrader import configure
except ImportError as error:  # nbgrader would continue without it, and run student code
    raise SystemExit(
        f"nbgrader_config.py needs: pip install 'keras-autograder[tf,nbgrader]' ({error})"
    ) from error
configure(config, Path(__file__).parent)
