"""Submissions as tests make them: folders, zips and tars, and what intake says about them."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from autograder.homework import Homework
from autograder.submission import RejectedSubmission, Submission, find_submissions, read_submission

TEXT = "def f():\n    return 1\n"


def read(folder: Path, homework: Homework) -> Submission:
    [entry] = find_submissions(folder)
    return read_submission(entry, homework)


def refusal(folder: Path, homework: Homework, kind: type[Exception] = RejectedSubmission) -> str:
    """Return what is said about the only submission, which has to be refused."""
    with pytest.raises(kind) as caught:
        read(folder, homework)
    return str(caught.value)


def student(folder: Path, name: str = "cnn.py", content: str | bytes = TEXT) -> Path:
    path = folder / "ada" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def zipped(folder: Path, members: dict[str, str | bytes]) -> Path:
    path = folder / "ada.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def tarred(folder: Path, members: list[tuple[tarfile.TarInfo, bytes]], ending: str = ".tar.gz") -> Path:
    path = folder / f"ada{ending}"
    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        for info, content in members:
            info.size = len(content) if info.type in (tarfile.REGTYPE, tarfile.AREGTYPE) else 0
            archive.addfile(info, io.BytesIO(content))
    return path


def packed(folder: Path, kind: str, members: dict[str, str]) -> Path:
    """Pack the same members as a zip or as a tar."""
    if kind == "zip":
        return zipped(folder, dict(members))
    return tarred(folder, [(member(name), text.encode()) for name, text in members.items()])


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info
