"""Pictures: what is drawn where, in which colour, and how large the file is."""

import io

import numpy as np
import pytest
from PIL import Image

from handnn.tensorboard.pictures import (
    CLASSES,
    GAP,
    NEGATIVE,
    NOT_A_NUMBER,
    POSITIVE,
    decision_boundary,
    diverging,
    enlarge,
    png_bytes,
    weight_tiles,
)

WHITE = [255, 255, 255]
SMALL = 20_000  # bytes of a PNG: a checksum of less than 2 ms


def decode(png: bytes) -> np.ndarray:
    picture = Image.open(io.BytesIO(png))
    return np.asarray(picture.convert("L" if picture.mode == "L" else "RGB"))


def test_diverging_colours():
    pixels = diverging(np.array([[2.0, 0.0, -2.0], [1.0, np.nan, -1.0]]))
    assert pixels.dtype == np.uint8
    assert pixels[0].tolist() == [POSITIVE.tolist(), WHITE, NEGATIVE.tolist()]
    assert pixels[1, 1].tolist() == NOT_A_NUMBER.tolist()
    red, _, blue = pixels[1, 0].astype(int)
    assert red > blue > POSITIVE[2]
    red, _, blue = pixels[1, 2].astype(int)
    assert blue > red > NEGATIVE[0]


@pytest.mark.parametrize("value", [0.0, -0.0, np.nan, 5e-324, -1e308])
def test_diverging_of_one_value(value):
    expected = NOT_A_NUMBER if np.isnan(value) else WHITE if value == 0 else POSITIVE if value > 0 else NEGATIVE
    assert diverging(np.full((2, 3), value)).tolist() == [[list(expected)] * 3] * 2


def test_diverging_with_infinities():
    pixels = diverging(np.array([[np.inf, -np.inf, 4.0, 0.0]]))
    assert pixels[0].tolist() == [POSITIVE.tolist(), NEGATIVE.tolist(), POSITIVE.tolist(), WHITE]


def test_weight_tiles_show_each_unit_at_its_place():
    kernel = np.arange(1.0, 1 + 6 * 5).reshape(6, 5)
    tiles = weight_tiles(kernel, (2, 3))
    assert tiles.shape == (2 * 3 + 1, 3 * 4 + 1, 3)
    coloured = diverging(kernel)
    for unit in range(5):
        top, left = unit // 3 * 3 + 1, unit % 3 * 4 + 1
        assert (tiles[top : top + 2, left : left + 3].reshape(6, 3) == coloured[:, unit]).all()
    assert (tiles[::3] == GAP).all()
    assert (tiles[:, ::4] == GAP).all()
    assert (tiles[4:6, 9:12] == GAP).all()  # the sixth place has no unit
    assert weight_tiles(kernel, (2, 3), max_units=1).shape == (4, 5, 3)


def test_decision_boundary_colours_and_points():
    """Class 1 in the upper half, class 0 in the lower one, and a guess in the middle."""
    x, y = np.array([[0.0, 0.0], [1.0, 1.0], [0.0, 1.0]]), np.array([0, 1, 2])
    pixels = decision_boundary(lambda points: np.clip(points[:, 1], 0, 1), x, y, size=61)
    assert pixels.shape == (61, 61, 3)
    for row, column, label in ((55, 5, 0), (5, 55, 1), (5, 5, 2)):
        assert pixels[row, column].tolist() == WHITE
        ring = pixels[row - 1 : row + 2, column - 1 : column + 2].reshape(9, 3)[[0, 1, 2, 3, 5, 6, 7, 8]]
        assert (ring == CLASSES[label]).all()
    assert (pixels[30] == WHITE).all()
    top, bottom = pixels[0, 30].astype(int), pixels[60, 30].astype(int)
    assert np.abs(top - CLASSES[1]).sum() < np.abs(top - CLASSES[0]).sum()
    assert np.abs(bottom - CLASSES[0]).sum() < np.abs(bottom - CLASSES[1]).sum()


def test_decision_boundary_takes_probabilities_in_any_form():
    x, y = np.random.default_rng(0).standard_normal((9, 2)), np.zeros(9, int)

    def chance(points):
        return 1 / (1 + np.exp(-points[:, 0]))

    expected = decision_boundary(chance, x, y, size=20)
    for predict in (lambda p: chance(p)[:, None], lambda p: np.stack([1 - chance(p), chance(p)], axis=1)):
        assert (decision_boundary(predict, x, y, size=20) == expected).all()
    outside = decision_boundary(lambda p: np.full((len(p), 3), np.nan), x, y, size=20)
    assert (outside[0, 0] == NOT_A_NUMBER).all()


def test_decision_boundary_of_points_in_one_place():
    pixels = decision_boundary(lambda points: np.ones((len(points), 2)) / 2, np.ones((4, 2)), np.full(4, 12), size=5)
    assert pixels[2, 2].tolist() == WHITE
    assert pixels[1, 1].tolist() == CLASSES[2].tolist()


def test_enlarge():
    assert enlarge(np.array([[1, 2]], np.uint8), 2).tolist() == [[1, 1, 2, 2], [1, 1, 2, 2]]
    assert enlarge(np.zeros((2, 3, 3), np.uint8), 3).shape == (6, 9, 3)


@pytest.mark.parametrize("shape", [(1, 1), (5, 7), (5, 7, 3), (40, 40, 3), (1, 1, 3)])
def test_png_loses_nothing(shape):
    """With a palette (few colours) and without one (40 x 40 random pixels)."""
    pixels = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    assert decode(png_bytes(pixels)).tolist() == pixels.tolist()
    assert decode(png_bytes(np.asfortranarray(pixels))).tolist() == pixels.tolist()


@pytest.mark.parametrize("count", [256, 257])
def test_a_palette_holds_256_colours(count):
    pixels = np.stack([np.arange(count) % 256, np.arange(count) // 256, np.zeros(count)], axis=1)[None].astype(np.uint8)
    assert np.array_equal(decode(png_bytes(pixels)), pixels)


def test_files_are_small():
    """Random weights and a boundary with many bends are the worst cases: nothing in them can be packed."""
    generator = np.random.default_rng(0)
    kernel = generator.standard_normal((784, 512))
    assert len(png_bytes(weight_tiles(kernel, (28, 28)))) < SMALL
    x, directions = generator.standard_normal((300, 2)), generator.standard_normal((2, 10)) * 5

    def predict(points):
        scores = np.exp(3 * np.sin(points @ directions))
        return scores / scores.sum(axis=1, keepdims=True)

    assert len(png_bytes(decision_boundary(predict, x, np.arange(300) % 10))) < SMALL


POINTS, LABELS = np.zeros((3, 2)), np.zeros(3, int)


@pytest.mark.parametrize(
    ("draw", "error", "message"),
    [
        (lambda: diverging(np.zeros(3)), ValueError, r"matrix: got shape \(3,\)"),
        (lambda: diverging(np.zeros((0, 3))), ValueError, r"matrix: got shape \(0, 3\)"),
        (lambda: diverging(np.array([["a"]])), TypeError, "matrix: got dtype <U1"),
        (
            lambda: weight_tiles(np.zeros((6, 2)), (2, 2)),
            ValueError,
            "got 2 x 2, but the kernel has 6 inputs",
        ),
        (lambda: weight_tiles(np.zeros((6, 2)), (2, 3), 0), ValueError, "max_units: got 0"),
        (lambda: decision_boundary(len, np.zeros((3, 3)), LABELS), ValueError, r"x: got shape \(3, 3\)"),
        (lambda: decision_boundary(len, POINTS * np.nan, LABELS), ValueError, "expected finite numbers"),
        (lambda: decision_boundary(len, POINTS, LABELS * 1.0), TypeError, "y: got dtype float64"),
        (lambda: decision_boundary(len, POINTS, LABELS[:2]), ValueError, r"y: got shape \(2,\)"),
        (lambda: decision_boundary(len, POINTS, LABELS - 1), ValueError, "expected 3 classes from 0 on"),
        (lambda: decision_boundary(len, POINTS, LABELS, 2), ValueError, "size: got 2"),
        (lambda: decision_boundary(len, POINTS, LABELS), ValueError, r"predict: gave shape \(\)"),
        (
            lambda: decision_boundary(lambda p: p[:4], POINTS, LABELS),
            ValueError,
            r"predict: gave shape \(4, 2\)",
        ),
        (lambda: enlarge(np.zeros((2, 2), np.uint8), 0), ValueError, "factor: got 0"),
        (lambda: png_bytes(np.zeros((2, 2))), TypeError, "pixels: got dtype float64"),
        (lambda: png_bytes(np.zeros((2, 2, 4), np.uint8)), ValueError, r"pixels: got shape \(2, 2, 4\)"),
    ],
)
def test_bad_input(draw, error, message):
    with pytest.raises(error, match=message):
        draw()


@pytest.mark.parametrize("size", [8, 30, 61])
def test_a_point_is_three_by_three_pixels_also_near_the_corners(size):
    """On white: nobody knows any class. A point in each corner, a twelfth of the picture from the edges."""
    x, y = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([0, 1, 2, 3])
    pixels = decision_boundary(lambda points: np.full((len(points), 4), 0.25), x, y, size)
    near, far = round((size - 1) / 12), round((size - 1) * 11 / 12)
    expected = np.full((size, size, 3), 255, np.uint8)
    for row, column, label in ((far, near, 0), (near, near, 1), (far, far, 2), (near, far, 3)):
        expected[row - 1 : row + 2, column - 1 : column + 2] = CLASSES[label]
        expected[row, column] = WHITE
    assert (pixels == expected).all()


def test_certainty_is_as_strong_for_any_number_of_classes_and_colours_come_again():
    def corner(classes, label, p=1.0):
        chances = np.full(classes, (1 - p) / (classes - 1))
        chances[label] = p
        picture = decision_boundary(lambda q: np.tile(chances, (len(q), 1)), np.zeros((1, 2)), np.zeros(1, int), 9)
        return picture[0, 0].tolist()

    many = len(CLASSES) + 3
    assert corner(2, 1) == corner(5, 1) == corner(many, 1) == corner(many, len(CLASSES) + 1) != corner(many, 2)
    strength = [sum(255 - part for part in corner(5, 1, p)) for p in (0.2, 0.4, 0.7, 1.0)]
    assert strength[0] == 0 and strength == sorted(set(strength))
    assert corner(5, 1, 3.0) == corner(5, 1)  # of what is no probability: never stronger
