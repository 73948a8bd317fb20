"""Build ``autograder/datasets/digits.npz`` from scikit-learn's copy of the UCI digits.

Run ``python tools/build_digits.py``; it needs scikit-learn. The same input gives the same bytes, because
numpy gives the members of an archive a fixed date.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

TARGET = Path(__file__).resolve().parent.parent / "autograder" / "datasets" / "digits.npz"


def build(target: Path) -> None:
    """Write the digits to ``target``: images uint8 (1797, 8, 8) of 0..16 and labels uint8 (1797,)."""
    digits = load_digits()
    images, labels = digits.images.astype(np.uint8), digits.target.astype(np.uint8)
    if not np.array_equal(images, digits.images) or images.max() > 16:
        raise SystemExit("Expected scikit-learn's digits to be whole numbers in 0..16.")
    np.savez_compressed(target, images=images, labels=labels)


def main() -> None:
    """Write the file of the package, or the file that the command line names."""
    parser = argparse.ArgumentParser(description="Build digits.npz from scikit-learn's digits.")
    parser.add_argument("target", nargs="?", type=Path, default=TARGET, help="file to write")
    build(parser.parse_args().target)


if __name__ == "__main__":
    main()
