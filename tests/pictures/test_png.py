"""PNG files: one place validates them, and states their size."""

import ast
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import autograder
from autograder.pictures.png import encode_png, size_of, validate_png

PACKAGE = Path(autograder.__file__).parent
DECODERS = {"open", "frombytes", "frombuffer", "UnidentifiedImageError", "PngImagePlugin", "ImageFile"}


def decodes_images(path: Path) -> bool:
    """Return whether a module uses a part of Pillow that reads image files."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.ImportFrom(module=str(module)) if module.startswith("PIL"):
                if DECODERS & {alias.name for alias in node.names}:
                    return True
            case ast.Attribute(value=ast.Name(id="Image"), attr=name) if name in DECODERS:
                return True
    return False


def test_one_module_decodes_pictures() -> None:
    found = {path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py") if decodes_images(path)}
    assert found == {Path("pictures/png.py")}


@pytest.mark.parametrize("mode", ["RGB", "L", "1"])
def test_what_is_encoded_is_valid(mode: str) -> None:
    data = encode_png(Image.new(mode, (7, 3)))
    validate_png("drawn", data)
    assert size_of(data) == (7, 3)


def test_few_colours_are_stored_as_a_palette() -> None:
    noise = np.random.default_rng(0)
    few = noise.integers(0, 256, size=(200, 3)).astype(np.uint8)[noise.integers(0, 200, size=(90, 120))]
    drawn = encode_png(Image.fromarray(few))
    with Image.open(io.BytesIO(drawn)) as image:
        assert image.mode == "P"
        np.testing.assert_array_equal(np.asarray(image.convert("RGB")), few)
