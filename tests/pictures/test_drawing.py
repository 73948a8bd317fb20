"""Images and charts: what is drawn, and how large it may be."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from autograder.pictures import _style, curves, image_grid, image_rows, scatter
from autograder.pictures._charts import Axis
from autograder.pictures.limits import MOST_BYTES
from autograder.pictures.png import validate_png

INK = np.ones((1, 4, 4))
NOISE = np.random.default_rng(0)


def pixels(png: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(png)) as image:
        assert image.format == "PNG"
        return np.asarray(image.convert("RGB") if image.mode == "P" else image)


def has(png: bytes, colour: tuple[int, int, int]) -> bool:
    return bool(np.all(pixels(png) == colour, axis=-1).any())


def tile(png: bytes, row: int = 0, column: int = 0, side: int = 8) -> np.ndarray:
    """Return one image of an unlabelled picture of 4 × 4 images at scale 2."""
    top, left = (8 + number * (side + 2) for number in (row, column))
    return pixels(png)[top : top + side, left : left + side]


# Images


def test_ink_is_black_and_paper_is_white() -> None:
    drawn = image_grid(np.concatenate([INK, 0 * INK, 0.5 * INK]), 3)
    assert [np.unique(tile(drawn, 0, column)).tolist() for column in range(3)] == [[0], [255], [128]]


def test_each_pixel_becomes_a_square() -> None:
    image = np.zeros((1, 4, 4))
    image[0, 1, 2] = 1
    expected = np.full((8, 8), 255)
    expected[2:4, 4:6] = 0
    np.testing.assert_array_equal(tile(image_grid(image, 1)), expected)


def test_images_stand_in_rows_with_a_grey_gap() -> None:
    images = np.zeros((5, 4, 4))
    images[4] = 1
    drawn = image_grid(images, 3)
    assert pixels(drawn).shape == (2 * 10 + 2 + 12, 3 * 10 + 2 + 12)
    assert np.unique(tile(drawn, 1, 1)).tolist() == [0]
    assert pixels(drawn)[10, 16:18].tolist() == [214, 214]
    assert np.unique(tile(drawn, 1, 2)[:, 2:]).tolist() == [255]  # nothing stands there


def test_one_channel_more_changes_nothing() -> None:
    images = NOISE.random((3, 4, 4))
    assert image_grid(images, 2) == image_grid(images[..., None], 2)


def test_values_beyond_the_range_are_clipped() -> None:
    """NaN has the colour of the paper."""
    odd = np.stack([np.full((4, 4), value) for value in (-5, 1e300, np.inf, -np.inf, np.nan)])
    drawn = image_grid(odd, 5)
    assert [int(tile(drawn, 0, column)[0, 0]) for column in range(5)] == [255, 0, 0, 255, 255]


def test_labels_stand_at_the_left_of_their_rows() -> None:
    plain, labelled = image_grid(0 * INK, 1, scale=8), image_grid(0 * INK, 1, scale=8, labels=["zero"])
    room = pixels(labelled).shape[1] - pixels(plain).shape[1]
    assert room > 20
    assert pixels(labelled)[:, :room].min() < 100
    np.testing.assert_array_equal(pixels(labelled)[:, room + 6 :], pixels(plain)[:, 6:])


def test_a_long_label_leaves_room_for_the_images() -> None:
    assert pixels(image_grid(INK, 1, labels=["long " * 500])).shape[1] < 300


def test_labels_of_small_images_do_not_overlap() -> None:
    assert pixels(image_rows({str(row): INK for row in range(5)}, scale=1)).shape[0] > 4 * 20


def test_rows_may_differ_in_their_image_count() -> None:
    drawn = image_rows({"samples": np.zeros((4, 4, 4)), "nearest": np.ones((2, 4, 4))})
    assert (
        pixels(drawn).shape[1]
        == pixels(image_rows({"samples": np.zeros((4, 4, 4)), "nearest": INK})).shape[1]
    )


def test_the_same_numbers_make_the_same_file() -> None:
    assert image_grid(INK, 1, labels=["a"]) == image_grid(INK, 1, labels=["a"])


@pytest.mark.parametrize(
    ("images", "columns", "scale", "labels", "words"),
    [
        (np.ones((4, 4)), 1, 2, None, r"shape \(N, height, width\). Received: \(4, 4\)"),
        (np.ones((1, 4, 4, 3)), 1, 2, None, r"Received: \(1, 4, 4, 3\)"),
        (np.ones((0, 4, 4)), 1, 2, None, r"Received: \(0, 4, 4\)"),
        (INK, 0, 2, None, "at least one column"),
        (INK, 1, 0, None, "scale of at least 1"),
        (INK, 1, 2, ["a", "b"], "a label for each of 1 rows. Received: 2"),
        (np.zeros((1, 2, 2)), 1, 1000, None, r"at most 4,000,000 pixels. Received: 2016 × 2016"),
    ],
)
def test_what_cannot_be_drawn_is_named(
    images: np.ndarray, columns: int, scale: int, labels: list[str] | None, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        image_grid(images, columns, scale=scale, labels=labels)


def test_rows_of_unequal_image_sizes_are_refused() -> None:
    """A picture without rows is refused too."""
    with pytest.raises(ValueError, match="images of one size"):
        image_rows({"a": INK, "b": np.ones((1, 5, 5))})
    with pytest.raises(ValueError, match="at least one row"):
        image_rows({})


@pytest.mark.parametrize("side", [300, 900])
def test_noise_never_makes_a_file_too_large(side: int) -> None:
    drawn = image_grid(NOISE.random((4, side, side)), 2, scale=1)
    assert len(drawn) <= MOST_BYTES
    validate_png("noise", drawn)


# Charts


def test_every_line_has_its_colour() -> None:
    drawn = curves({"a": [1, 2, 3], "b": [3, 2, 1]}, title="t", x_label="x", y_label="y")
    assert pixels(drawn).shape == (420, 720, 3)
    assert [has(drawn, colour) for colour in _style.COLOURS[:3]] == [True, True, False]


@pytest.mark.parametrize(
    "values",
    [
        [],
        [1.0],
        [0.0, 0.0],
        [7.0] * 3,
        [float("nan")],
        [float("inf"), 1.0, -float("inf"), float("nan"), 2.0],
        [1e308, -1e308, 0.0],
        [1e-300, 2e-300],
        [1e15, 1e15 + 1],
        [5e-324],
    ],
)
def test_any_numbers_can_be_drawn(values: list[float]) -> None:
    assert pixels(curves({"loss": values}, title="t", x_label="step", y_label="loss")).shape == (420, 720, 3)
    points = np.array([[value, value] for value in values]).reshape(-1, 2)
    assert pixels(scatter({"real": points, "generated": points[::-1]}, title="t")).shape == (640, 600, 3)


class Seen:
    """Stands in for a chart; notes what it is asked to draw."""

    def __init__(self, _: object, **parts: Any) -> None:
        self.parts, self.lines = parts, []
        SEEN.append(self)

    def line(self, points: Any, number: int) -> None:
        self.lines.append((number, points))

    def dots(self, points: Any, number: int) -> None:
        self.lines.append((number, points))

    def png(self) -> bytes:
        return b""

    lines: list[tuple[int, Any]]


SEEN: list[Seen] = []


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[Seen]:
    """The charts that were drawn."""
    SEEN.clear()
    monkeypatch.setattr("autograder.pictures._plots.Chart", Seen)
    return SEEN


def test_a_long_series_is_averaged(seen: list[Seen]) -> None:
    """The label of the axis says so."""
    curves({"loss": [0.0, 2.0] * 600}, title="t", x_label="step", y_label="loss")
    assert seen[0].parts["x_label"] == "step (means of 5)"
    [(_, points)] = seen[0].lines
    assert len(points) == 240
    assert points[:2] == [(3.0, pytest.approx(0.8)), (8.0, pytest.approx(1.2))]


def test_a_gap_stays_where_there_is_no_number(seen: list[Seen]) -> None:
    curves({"loss": [1, float("nan"), 3]}, title="t", x_label="step", y_label="loss")
    assert seen[0].lines == [(0, [(1.0, 1.0), None, (3.0, 3.0)])]


def test_far_points_do_not_change_the_frame(seen: list[Seen]) -> None:
    """The legend gives their number."""
    real = NOISE.normal(size=(50, 2))
    far = np.concatenate([real[:5], [[1e300, 0], [np.nan, 0], [0, -np.inf]]])
    scatter({"real": real, "generated": far}, title="t")
    assert seen[0].parts["legend"] == ["real", "generated (3 of 8 outside)"]
    assert [len(points) for _, points in seen[0].lines] == [50, 5]
    assert seen[0].parts["x"].high < 10


def test_dense_clouds_fit_into_a_file() -> None:
    points = NOISE.normal(size=(20_000, 2))
    assert len(scatter({"real": points, "generated": points[::-1] * 1.5}, title="t")) <= MOST_BYTES


@pytest.mark.parametrize("number", [0, 9])
def test_too_many_series_are_refused(number: int) -> None:
    """At most eight can be told apart, and no series at all is refused too."""
    with pytest.raises(ValueError, match=f"Expected 1 to 8 series. Received: {number}"):
        curves({str(name): [1.0] for name in range(number)}, title="t", x_label="x", y_label="y")
    with pytest.raises(ValueError, match=f"Expected 1 to 8 groups. Received: {number}"):
        scatter({str(name): [[1.0, 2.0]] for name in range(number)}, title="t")


def test_points_outside_the_plane_are_refused() -> None:
    """A point has two coordinates."""
    with pytest.raises(ValueError, match=r"real: expected points of shape \(N, 2\). Received: \(3,\)"):
        scatter({"real": np.zeros(3)}, title="t")


@pytest.mark.parametrize("values", [[5e-324, 0.0], [1e-310, 3e-310], [0.0, 1e-290]])
def test_the_smallest_numbers_can_be_drawn(values: list[float]) -> None:
    assert curves({"loss": values}, title="t", x_label="x", y_label="y").startswith(b"\x89PNG")


def test_ticks_are_round_numbers() -> None:
    assert Axis.around([0.03, 0.97]).ticks == pytest.approx((0, 0.2, 0.4, 0.6, 0.8, 1.0))
    assert Axis.around([1, 3], whole=True).ticks == (1, 2, 3)
