"""Writes grades where it was told that they are kept, and where they might be. None of it can be opened."""

import os
from pathlib import Path

TOLD = {}
FORGED = '{"schema": 1, "student": "cheat", "homework": "cnn", "status": "graded", "score": 40}\n'


def try_everything():
    for path in (*TOLD.get("grades", ()), *TOLD.get("paths", ())):
        for flags in (os.O_WRONLY | os.O_APPEND, os.O_RDWR, os.O_WRONLY | os.O_CREAT):
            try:
                os.close(os.open(path, flags))
                print("BREACH: could open", path, "for writing")
            except OSError:
                pass
    folders = {"/tmp", "/", "..", "/var/tmp", TOLD.get("scratch", "/")}
    for folder in folders | {str(Path(path).parent) for path in TOLD.get("grades", ())}:
        try:
            Path(folder, "zoo-was-here.json").write_text(FORGED)
            print("BREACH: wrote into", folder)
        except OSError:
            pass
    for name in ("results.jsonl", "grades.csv", "report.html", ".autograder"):
        Path(name).write_text(FORGED)
    print("tried to write grades")


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1


def build_classifier(input_shape=(28, 28, 1), num_classes=10):
    try_everything()
    raise NotImplementedError
