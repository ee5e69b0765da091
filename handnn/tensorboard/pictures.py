"""Weights and decision boundaries as small pictures, uint8 of shape (h, w, 3), and their PNG encoding.

The checksum of a TensorBoard record is pure Python and takes 9 ms per 100 kB, so pictures are kept small:
values are drawn in a few steps of colour, and a picture of at most 256 colours becomes a PNG with a palette,
which loses nothing.
"""

import io
import math
from collections.abc import Callable

import numpy as np

__all__ = ["decision_boundary", "diverging", "enlarge", "png_bytes", "weight_tiles"]

POSITIVE = np.array([178, 24, 43])
"""Red: a value above zero."""

NEGATIVE = np.array([33, 102, 172])
"""Blue: a value below zero."""

NOT_A_NUMBER = np.array([0, 0, 0], np.uint8)
"""Black: NaN."""

GAP = np.array([128, 128, 128], np.uint8)
"""Grey: the lines between tiles."""

CLASSES = np.array([
    [31, 119, 180], [255, 127, 14], [44, 160, 44], [214, 39, 40], [148, 103, 189],
    [140, 86, 75], [227, 119, 194], [127, 127, 127], [188, 189, 34], [23, 190, 207],
])  # fmt: skip
"""One colour per class, ten of them, used again from the first on for more classes."""

_WHITE = np.array([255, 255, 255])
_SHADES = 16  # steps from white to a full colour
_REGION = 0.6  # how strongly a region is drawn at most, so that the points on it stand out


def diverging(matrix: np.ndarray) -> np.ndarray:
    """Draw a matrix (h, w): white for zero, red above, blue below, fainter towards zero; NaN black.

    The strongest colour is for the largest finite magnitude, and for infinities.

    Returns:
        uint8 (h, w, 3).

    Raises:
        ValueError: `matrix` does not have two dimensions, or is empty.
        TypeError: `matrix` does not hold real numbers.
    """
    values = _reals(matrix, "matrix", 2)
    finite = np.abs(values[np.isfinite(values)])
    scale = finite.max() if finite.size and finite.max() > 0 else 1.0
    strength = _shade(np.minimum(np.abs(values) / scale, 1.0))
    full = np.where((values < 0)[..., None], NEGATIVE, POSITIVE)
    pixels = _fade(full, strength)
    pixels[np.isnan(values)] = NOT_A_NUMBER
    return pixels


def weight_tiles(kernel: np.ndarray, image_shape: tuple[int, int], max_units: int = 16) -> np.ndarray:
    """Draw the incoming weights of a first layer's units as images of the input, one tile per unit.

    Args:
        kernel: (inputs, units), the layer's kernel.
        image_shape: (h, w) of an input picture; h * w must be `inputs`.
        max_units: the largest number of units to draw. 16 tiles of 28 x 28 make a PNG of about 8 kB.

    Returns:
        uint8 (rows * (h + 1) + 1, columns * (w + 1) + 1, 3): tiles row by row, separated by grey lines,
        all on one scale (see ``diverging``). Unused tiles are grey.

    Raises:
        ValueError: the shapes do not fit together, or `max_units` is below 1.
    """
    values = _reals(kernel, "kernel", 2)
    height, width = image_shape
    if height * width != values.shape[0]:
        raise ValueError(f"image_shape: got {height} x {width}, but the kernel has {values.shape[0]} inputs")
    if max_units < 1:
        raise ValueError(f"max_units: got {max_units}, expected at least 1")
    units = min(values.shape[1], max_units)
    columns = math.ceil(math.sqrt(units))
    rows = math.ceil(units / columns)
    coloured = diverging(values[:, :units]).reshape(height, width, units, 3)
    grid = np.empty((rows * (height + 1) + 1, columns * (width + 1) + 1, 3), np.uint8)
    grid[:] = GAP
    for unit in range(units):
        top, left = (unit // columns) * (height + 1) + 1, (unit % columns) * (width + 1) + 1
        grid[top : top + height, left : left + width] = coloured[:, :, unit]
    return grid


def decision_boundary(
    predict: Callable[[np.ndarray], np.ndarray], x: np.ndarray, y: np.ndarray, size: int = 160
) -> np.ndarray:
    """Draw the decision regions of a classifier of two inputs, with the data on top.

    Args:
        predict: maps points, float64 (n, 2), to probabilities: (n, classes), or (n, 1) or (n,) for the
            probability of class 1 of two. Called once, with size * size points.
        x: the data, (n, 2); the picture shows their range plus a tenth on every side, the second input
            upwards.
        y: the classes of the data, integers from 0, (n,).
        size: height and width in pixels, at least 3.

    Returns:
        uint8 (size, size, 3). The colour is the most probable class; it fades to white as its probability
        falls to 1 / classes, and is black for NaN. A point is a square of 3 x 3 pixels in its class' colour
        with a white centre.

    Raises:
        ValueError: data or predictions have a wrong shape, or data are not finite.
        TypeError: data have a wrong type.
    """
    points, classes = _points(x, y)
    if size < 3:
        raise ValueError(f"size: got {size}, expected at least 3")
    low, high = points.min(axis=0), points.max(axis=0)
    margin = np.where(high > low, (high - low) / 10, 1.0)
    low, high = low - margin, high + margin
    across, upwards = (np.linspace(low[axis], high[axis], size) for axis in (0, 1))
    grid = np.stack(np.meshgrid(across, upwards[::-1]), axis=-1).reshape(-1, 2)
    probabilities = _probabilities(predict(grid), len(grid)).reshape(size, size, -1)
    pixels = _class_colours(probabilities)
    columns, rows = np.rint((points - low) / (high - low) * (size - 1)).astype(int).T
    for row, column, label in zip(size - 1 - rows, columns, classes, strict=True):
        pixels[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2] = CLASSES[label % len(CLASSES)]
        pixels[row, column] = _WHITE
    return pixels


def enlarge(pixels: np.ndarray, factor: int) -> np.ndarray:
    """Draw every pixel of (h, w) or (h, w, 3) as a square of factor x factor pixels."""
    if factor < 1:
        raise ValueError(f"factor: got {factor}, expected at least 1")
    return np.repeat(np.repeat(pixels, factor, axis=0), factor, axis=1)


def png_bytes(pixels: np.ndarray) -> bytes:
    """Encode uint8 pixels, (h, w) in grey or (h, w, 3) in colour, as a lossless PNG.

    Raises:
        TypeError: `pixels` is not uint8.
        ValueError: `pixels` has another shape, or is empty.
    """
    from PIL import Image

    pixels = np.ascontiguousarray(pixels)
    if pixels.dtype != np.uint8:
        raise TypeError(f"pixels: got dtype {pixels.dtype}, expected uint8")
    if pixels.size == 0 or pixels.ndim not in (2, 3) or (pixels.ndim == 3 and pixels.shape[2] != 3):
        raise ValueError(f"pixels: got shape {pixels.shape}, expected (h, w) or (h, w, 3)")
    picture = Image.fromarray(pixels)
    if pixels.ndim == 3:
        packed = pixels.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
        colours, indices = np.unique(packed, return_inverse=True)
        if len(colours) <= 256:
            palette = np.stack([colours >> 16, colours >> 8 & 255, colours & 255], axis=1)
            picture = Image.fromarray(indices.reshape(packed.shape).astype(np.uint8))
            picture.putpalette(palette.astype(np.uint8).tobytes())
    file = io.BytesIO()
    picture.save(file, format="PNG", optimize=True)
    return file.getvalue()


def _shade(strength: np.ndarray) -> np.ndarray:
    """Strengths in [0, 1], rounded to a few steps."""
    steps: np.ndarray = np.rint(strength * _SHADES)
    return steps / _SHADES


def _fade(full: np.ndarray, strength: np.ndarray) -> np.ndarray:
    """Mix colours (..., 3) with white by `strength` (...): 0 is white, 1 the colour, NaN white."""
    share = np.nan_to_num(strength)[..., None]
    colours: np.ndarray = np.rint(_WHITE + (full - _WHITE) * share)
    return colours.astype(np.uint8)


def _class_colours(probabilities: np.ndarray) -> np.ndarray:
    """Pixels (h, w, 3) for probabilities (h, w, classes)."""
    count = probabilities.shape[-1]
    best = probabilities.argmax(axis=-1)
    confidence = (probabilities.max(axis=-1) - 1 / count) / (1 - 1 / count)
    pixels = _fade(CLASSES[best % len(CLASSES)], _REGION * _shade(np.clip(confidence, 0, 1)))
    pixels[np.isnan(confidence)] = NOT_A_NUMBER
    return pixels


def _probabilities(predicted: np.ndarray, count: int) -> np.ndarray:
    """Predictions as (count, classes); one column becomes the two classes (1 - p, p)."""
    values = np.asarray(predicted)
    if values.ndim == 1:
        values = values[:, None]
    if values.ndim != 2 or values.shape[0] != count or values.shape[1] == 0:
        raise ValueError(f"predict: gave shape {np.shape(predicted)}, expected ({count}, classes)")
    return np.hstack([1 - values, values]) if values.shape[1] == 1 else values


def _points(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    points, classes = _reals(x, "x", 2), np.asarray(y)
    if points.shape[1] != 2 or not np.isfinite(points).all():
        raise ValueError(f"x: got shape {points.shape}, expected finite numbers of shape (n, 2)")
    if classes.dtype.kind not in "iu":
        raise TypeError(f"y: got dtype {classes.dtype}, expected integers")
    if classes.shape != points.shape[:1] or classes.min() < 0:
        raise ValueError(f"y: got shape {classes.shape}, expected {len(points)} classes from 0 on")
    return points, classes


def _reals(array: np.ndarray, argument: str, dimensions: int) -> np.ndarray:
    """Return `array` as float64; raise an error that names the argument if it does not fit or is empty."""
    values = np.asarray(array)
    if values.dtype.kind not in "biuf":
        raise TypeError(f"{argument}: got dtype {values.dtype}, expected real numbers")
    if values.ndim != dimensions or values.size == 0:
        raise ValueError(f"{argument}: got shape {values.shape}, expected {dimensions} dimensions, not empty")
    return values.astype(np.float64)
