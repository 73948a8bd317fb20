"""The drawing functions that a check's author uses to show results as pictures.

Each function turns numbers into a PNG file for the fixture ``picture``. All pictures are drawn from validated
arrays; no image file from student code is ever opened or passed on.
"""

from autograder.pictures._confusions import confusion_matrix
from autograder.pictures._images import image_grid, image_rows
from autograder.pictures._inside import heat_map, layer_rows, signed_tiles
from autograder.pictures._plots import curves, scatter

__all__ = [
    "confusion_matrix",
    "curves",
    "heat_map",
    "image_grid",
    "image_rows",
    "layer_rows",
    "scatter",
    "signed_tiles",
]
