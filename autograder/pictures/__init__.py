"""Pictures of what a check saw: what authors draw with.

Each function turns numbers into a PNG file for the fixture ``picture``. Everything is drawn here, from arrays
that were checked when they arrived: no image that a student's code wrote is ever opened or passed on.
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
