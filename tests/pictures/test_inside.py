"""Pictures of what is inside a network: which colours stand where, and how large they may be."""

import io

import numpy as np
import pytest
from PIL import Image

from autograder.pictures import _inside, _style, confusion_matrix, heat_map, layer_rows, signed_tiles
from autograder.pictures._shades import MISSING, Scale, ramp, readable_on
from autograder.pictures.limits import MOST_BYTES, MOST_PIXELS
from autograder.pictures.png import validate_png

NOISE = np.random.default_rng(0)
WHITE, DARK, GREY = (255, 255, 255), (5, 30, 70), MISSING
BLUE, ORANGE = _style.COLOURS[0], _style.COLOURS[1]
NAMES = {"title": "t", "x_label": "step", "y_label": "cell"}


def pixels(png: bytes) -> np.ndarray:
    validate_png("drawn", png)
    with Image.open(io.BytesIO(png)) as image:
        assert image.width * image.height <= MOST_PIXELS
        return np.asarray(image.convert("RGB"))


def at(drawn: np.ndarray, top: float, left: float) -> tuple[int, ...]:
    return tuple(drawn[round(top), round(left)].tolist())


# Shades


def test_a_rising_scale_goes_from_white_to_dark() -> None:
    """Its lightness has even steps."""
    colours = ramp(np.linspace(0, 1, 17), signed=False)
    assert [tuple(colours[index].tolist()) for index in (0, -1)] == [WHITE, DARK]
    linear = np.where(colours <= 10, colours / 255 / 12.92, ((colours / 255 + 0.055) / 1.055) ** 2.4)
    lightness = 116 * np.cbrt(linear @ [0.2126, 0.7152, 0.0722]) - 16
    assert np.all(np.abs(np.diff(lightness) + 88 / 16) < 1.5)


def test_a_signed_scale_is_blue_white_and_orange() -> None:
    """Zero is white."""
    values = np.array([-3.0, 0.0, 1.5, 3.0])
    shades = [tuple(shade) for shade in Scale.around_zero(values).shades(values).tolist()]
    assert shades == [BLUE, WHITE, (234, 174, 128), ORANGE]


@pytest.mark.parametrize("value", [0.0, 7.0, 1e308, 5e-324, -1e-300])
def test_a_constant_map_is_white(value: float) -> None:
    """Its number is the smallest of the scale."""
    values = np.full(3, value)
    assert Scale.rising(values).shades(values).tolist() == [list(WHITE)] * 3


def test_the_largest_floats_have_shades() -> None:
    values = np.array([-1.7e308, 0, 1.7e308])
    assert [tuple(shade) for shade in Scale.rising(values).shades(values)[[0, 2]].tolist()] == [WHITE, DARK]
    assert [tuple(shade) for shade in Scale.around_zero(values).shades(values).tolist()] == [
        *(BLUE, WHITE, ORANGE)
    ]


def test_text_is_written_in_what_contrasts_more() -> None:
    assert readable_on(WHITE, _style.TEXT) == _style.TEXT
    assert readable_on(BLUE, _style.TEXT) == WHITE


# Layers: a heading of 24 pixels below a margin of 6, then tiles of 56 with gaps of 2.

FIRST = 6 + 24 + 2


def tile(drawn: np.ndarray, column: int, row: int = 0) -> np.ndarray:
    top, left = FIRST + row * 58, 8 + column * 58
    return drawn[top : top + 56, left : left + 56]


@pytest.mark.parametrize("side", [1, 3, 7, 13, 14, 28, 56, 90])
def test_maps_of_any_size_have_tiles_of_one_size(side: int) -> None:
    drawn = pixels(layer_rows({"layer": np.stack([np.zeros((side, side)), np.ones((side, side))], axis=-1)}))
    assert np.unique(tile(drawn, 0)).tolist() == [255]
    assert np.all(tile(drawn, 1) == DARK)
    assert at(drawn, FIRST + 20, 8 + 56) == (214, 214, 214)
    assert at(drawn, FIRST + 56, 20) == (214, 214, 214)


def test_each_value_of_a_map_is_a_square() -> None:
    maps = np.zeros((7, 7, 1))
    maps[1, 2] = 1
    expected = np.full((56, 56, 3), 255)
    expected[8:16, 16:24] = DARK
    np.testing.assert_array_equal(tile(pixels(layer_rows({"layer": maps})), 0), expected)


def test_maps_stand_in_rows_and_layers_in_blocks() -> None:
    """The layers are below each other."""
    maps = np.zeros((4, 4, 5))
    maps[..., 4] = 1
    drawn = pixels(layer_rows({"first": maps, "second": maps[..., :1]}, columns=3))
    assert np.all(tile(drawn, 1, 1) == DARK)
    assert np.all(tile(drawn, 2, 1)[:, 2:] == 255)  # nothing stands there
    one = pixels(layer_rows({"first": maps}, columns=3))
    assert drawn.shape[0] - one.shape[0] == 24 + 60 + 6


def test_the_maps_of_a_layer_share_its_own_scale() -> None:
    small = np.array([[[0.0, 0.5, 1.0]]])
    one, other = (pixels(layer_rows({"layer": maps})) for maps in (small, 10 * small - 40))
    for column in range(3):
        np.testing.assert_array_equal(tile(one, column), tile(other, column))
    assert at(tile(one, 0), 9, 9) == WHITE
    assert at(tile(one, 2), 9, 9) == DARK


def test_a_map_that_is_not_square_keeps_its_shape() -> None:
    drawn = pixels(layer_rows({"layer": np.array([[[0.0], [1.0]]])}))  # one row, two columns
    assert np.all(drawn[FIRST : FIRST + 28, 8 + 28 : 8 + 56] == DARK)
    assert at(drawn, FIRST + 28, 8 + 40) == (214, 214, 214)


def test_numbers_are_boxes() -> None:
    """The boxes are numbered where there are few of them."""
    values = np.eye(10)[3]
    drawn = pixels(layer_rows({"output": values}))
    boxes = [at(drawn, FIRST + 13, 8 + 29 * number + 13) for number in range(10)]
    assert boxes == [WHITE] * 3 + [DARK] + [WHITE] * 6
    many = pixels(layer_rows({"dense": np.zeros(64)}))
    assert drawn.shape[0] == 12 + 24 + 31 + 18 + 6 + 32  # a row with its numbers, and the legend
    assert many.shape[0] == 12 + 24 + 60 + 6 + 32  # two rows


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.zeros((28, 28, 16)), "28 x 28 x 16, all 0"),
        (np.linspace(-1, 2.5, 64), "64 numbers, -1 to 2.5"),
        (np.array([0.25]), "1 number, all 0.25"),
        (np.linspace(0, 1, 3000), "3000 numbers, the first 128, 0 to 1"),
        (np.zeros((2, 2, 129)), "2 x 2 x 129, the first 128, all 0"),
        (np.array([1, np.nan, 2]), "3 numbers, 1 to 2, grey: no finite number"),
        (np.full(2, np.inf), "2 numbers, grey: no finite number"),
    ],
)
def test_a_heading_states_shape_and_scale(values: np.ndarray, words: str) -> None:
    assert _inside._details(values) == words


def test_the_first_128_maps_are_drawn() -> None:
    maps = np.ones((2, 2, 300))
    drawn, fewer = (layer_rows({"layer": maps[..., :number]}) for number in (300, 128))
    assert pixels(drawn).shape == pixels(fewer).shape


def test_numbers_that_are_not_finite_are_grey() -> None:
    """They do not change the scale."""
    maps = np.array([[[0, np.nan, np.inf, -np.inf, 1]]])
    drawn = pixels(layer_rows({"layer": maps}))
    assert [at(tile(drawn, column), 9, 9) for column in range(5)] == [WHITE, GREY, GREY, GREY, DARK]
    assert at(tile(pixels(layer_rows({"layer": np.full((1, 1, 1), np.nan)})), 0), 9, 9) == GREY


def test_a_long_name_is_cut() -> None:
    short, long = (
        pixels(layer_rows({name: np.zeros((4, 4, 16))}, columns=4)) for name in ("a", "long " * 99)
    )
    assert short.shape == long.shape
    assert np.all(long[:, -6:] == 255)


def test_every_sign_of_a_heading_is_in_the_font() -> None:
    absent = bytes(_style.font(15).getmask("\U0010ffff"))
    assert bytes(_style.font(15).getmask("×")) == absent
    for sign in "0123456789.+-x,:%()…_":
        assert bytes(_style.font(15).getmask(sign)) != absent, sign


@pytest.mark.parametrize(
    ("layers", "columns", "words"),
    [
        ({}, 16, "Expected at least one layer. Received: none"),
        ({"a": np.zeros((2, 2))}, 16, r"a: expected shape .* or \(F,\)\. Received: \(2, 2\)"),
        ({"a": np.zeros((0, 2, 2))}, 16, r"Received: \(0, 2, 2\)"),
        ({"a": 1.0}, 16, r"Received: \(\)"),
        ({"a": np.zeros(3)}, 0, "at least one column. Received: 0"),
        ({str(number): np.zeros((7, 7, 128)) for number in range(10)}, 16, "at most 4,000,000 pixels"),
    ],
)
def test_layers_that_cannot_be_drawn_are_named(layers: dict[str, object], columns: int, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        layer_rows(layers, columns=columns)  # type: ignore[arg-type]


# Signed tiles: a margin of 6, gaps of 5.


def test_kernels_share_a_scale_around_zero() -> None:
    kernels = np.zeros((3, 2, 2)) + np.array([-2.0, 0.0, 1.0])[:, None, None]
    drawn = pixels(signed_tiles(kernels, 2))
    tiles = [
        drawn[6 + 5 + 21 * row :, 6 + 5 + 21 * column :][:16, :16] for row, column in [(0, 0), (0, 1), (1, 0)]
    ]
    assert [np.unique(tile.reshape(-1, 3), axis=0).tolist() for tile in tiles] == [
        *([list(BLUE)], [list(WHITE)], [[234, 174, 128]])
    ]
    assert at(drawn, 20, 6 + 5 + 16 + 2) == (214, 214, 214)


def test_each_weight_is_a_square() -> None:
    kernel = np.zeros((1, 3, 3))
    kernel[0, 0, 2] = 0.5
    drawn = pixels(signed_tiles(kernel, 1, scale=4))[11 : 11 + 12, 11 : 11 + 12]
    expected = np.full((12, 12, 3), 255)
    expected[:4, 8:] = ORANGE
    np.testing.assert_array_equal(drawn, expected)


def test_a_legend_shows_and_states_the_scale() -> None:
    """It goes from blue to orange, with numbers below."""
    one, other = (pixels(signed_tiles(np.full((1, 3, 3), value), 1)) for value in (0.31, 0.32))
    bar = one[6 + 34 + 12 + 6]
    assert [tuple(bar[place].tolist()) for place in (7, 106, 204)] == [BLUE, WHITE, ORANGE]
    np.testing.assert_array_equal(one[:64], other[:64])
    assert not np.array_equal(one, other)  # the numbers below the bar


def test_signed_zeros_are_white_and_nan_is_grey() -> None:
    """Infinite numbers are grey too, and the legend explains it."""
    assert at(pixels(signed_tiles(np.zeros((1, 3, 3)), 1)), 20, 20) == WHITE
    drawn = pixels(signed_tiles(np.array([np.nan, np.inf, -1]).reshape(3, 1, 1), 3))
    assert [at(drawn, 13, 13 + 13 * column) for column in range(3)] == [GREY, GREY, BLUE]
    assert np.all(drawn[:, 206:] == GREY, axis=-1).any()  # the legend explains it


def test_one_channel_more_changes_no_kernel() -> None:
    kernels = NOISE.normal(size=(3, 4, 4))
    assert signed_tiles(kernels, 2) == signed_tiles(kernels[..., None], 2)


@pytest.mark.parametrize(
    ("shape", "columns", "scale", "words"),
    [
        ((3, 3), 1, 8, r"shape \(N, height, width\). Received: \(3, 3\)"),
        ((0, 3, 3), 1, 8, r"Received: \(0, 3, 3\)"),
        ((1, 3, 3), 0, 8, "at least one column"),
        ((1, 3, 3), 1, 0, "at least one pixel as the scale. Received: 0"),
        ((1, 3, 3), 1, 10_000, "at most 4,000,000 pixels"),
    ],
)
def test_kernels_that_cannot_be_drawn_are_named(
    shape: tuple[int, ...], columns: int, scale: int, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        signed_tiles(np.zeros(shape), columns, scale=scale)


# Heat maps: cells begin 48 from the left and 68 from above.


def test_rows_are_cells_and_columns_are_steps() -> None:
    values = np.zeros((3, 40))
    values[0, 0], values[2, 39] = -1, 0.5
    drawn = pixels(heat_map(values, **NAMES))
    assert at(drawn, 68 + 12, 48 + 9) == BLUE
    assert at(drawn, 68 + 2 * 26 + 12, 48 + 39 * 18 + 9) == (234, 174, 128)
    assert at(drawn, 68 + 26 + 12, 48 + 9) == WHITE
    assert at(drawn, 68 + 25, 48 + 9) == _style.LINE  # between rows


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (64, 1), (64, 500), (8, 40), (40, 361)])
def test_heat_maps_fit(shape: tuple[int, int]) -> None:
    drawn = heat_map(NOISE.normal(size=shape), **NAMES)
    assert len(drawn) <= MOST_BYTES
    height, width, _ = pixels(drawn).shape
    assert 400 < width < 1100
    assert height < 800


def test_steps_are_numbered_at_round_numbers() -> None:
    """The first step is number one."""
    assert _inside._round_numbers(40) == [1, 10, 20, 30, 40]
    assert _inside._round_numbers(500) == [1, 100, 200, 300, 400, 500]
    assert _inside._round_numbers(3) == [1, 2, 3]
    assert _inside._round_numbers(1) == [1]


def test_titles_of_any_length_change_no_size() -> None:
    long = pixels(heat_map(np.ones((2, 9)), title="t " * 400, x_label="x " * 400, y_label="y " * 400))
    assert long.shape == pixels(heat_map(np.ones((2, 9)), **NAMES)).shape
    assert np.all(long[:60, -17:] == 255)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_state_that_is_no_finite_number_is_grey(value: float) -> None:
    drawn = pixels(heat_map([[1.0, value]], **NAMES))
    assert at(drawn, 80, 48 + 180) == ORANGE
    assert at(drawn, 80, 48 + 540) == GREY


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((3,), r"shape \(rows, columns\). Received: \(3,\)"),
        ((0, 3), r"Received: \(0, 3\)"),
        ((65, 3), "at most 64 rows and 500 columns. Received: 65 × 3"),
        ((3, 501), "Received: 3 × 501"),
    ],
)
def test_states_that_cannot_be_drawn_are_named(shape: tuple[int, ...], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        heat_map(np.zeros(shape), **NAMES)


# All of them


def test_the_same_numbers_make_the_same_files() -> None:
    values = np.random.default_rng(1).normal(size=(5, 6, 7))
    for _ in range(2):
        files = [
            *(layer_rows({"a": values, "b": values[0, 0]}), signed_tiles(values, 3)),
            *(heat_map(values[0], **NAMES), confusion_matrix([0, 1], [1, 1], 2)),
        ]
        assert files == [
            *(layer_rows({"a": values.copy(), "b": values[0, 0]}), signed_tiles(values.copy(), 3)),
            *(heat_map(values[0].copy(), **NAMES), confusion_matrix([0, 1], [1, 1], 2)),
        ]


def test_noise_never_makes_a_file_too_large() -> None:
    layers = {str(number): NOISE.normal(size=(28, 28, 128)) for number in range(7)}
    for drawn in (layer_rows(layers), signed_tiles(NOISE.normal(size=(4, 900, 900)), 2, scale=1)):
        assert len(drawn) <= MOST_BYTES
        assert pixels(drawn).size
