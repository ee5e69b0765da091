"""Bounding boxes beside pictures that are resized: their formats, and where they are in the new picture."""

from typing import Any

import numpy as np

from ...core.variable import Array
from ..in_tf_data import in_tf_data

FORMATS = (
    *("xyxy", "yxyx", "xywh", "center_xywh", "center_yxhw"),
    *("rel_xyxy", "rel_yxyx", "rel_xywh", "rel_center_xywh"),
)
"""x from the left, y from the top, in pixels; rel_: as shares of the picture's width and height."""

SWAPPED = [1, 0, 3, 2]


def corners(boxes: Array, form: str, height: float, width: float) -> Array:
    """Return boxes (..., 4) of a format as (left, top, right, bottom) in pixels."""
    kind = form.removeprefix("rel_")
    first, last = np.split(boxes[..., SWAPPED] if kind in ("yxyx", "center_yxhw") else boxes, 2, axis=-1)
    if kind == "xywh":
        last = first + last
    elif kind.startswith("center"):
        first, last = first - last / 2, first + last / 2
    return np.concatenate([first, last], axis=-1) * _unit(form, height, width)


def of_corners(boxes: Array, form: str, height: float, width: float) -> Array:
    """Return (left, top, right, bottom) in pixels as boxes of a format."""
    kind = form.removeprefix("rel_")
    first, last = np.split(boxes / _unit(form, height, width), 2, axis=-1)
    if kind == "xywh":
        last = last - first
    elif kind.startswith("center"):
        first, last = (first + last) / 2, last - first
    found: Array = np.concatenate([first, last], axis=-1)
    return found[..., SWAPPED] if kind in ("yxyx", "center_yxhw") else found


def _unit(form: str, height: float, width: float) -> Array:
    return np.array([width, height, width, height] if form.startswith("rel_") else [1, 1, 1, 1], "float32")


def moved(boxes: Array, layer: Any, sizes: tuple[int, int]) -> Array:
    """Return (left, top, right, bottom) in a picture of these sizes as they are in the resized one, within its edges.

    left' = left s_x + o_x, and so on. Stretched: s_x = W / w. Padded: one s for both, and the half of what is added
    as o. Cropped: one s, and o is minus the half of what is cut off.
    """
    (h, w), (H, W) = sizes, (layer.height, layer.width)
    if layer.pad_to_aspect_ratio:
        s_x = s_y = min(np.float32(H / h), np.float32(W / w))
        o_x, o_y = (W - w * s_x) // 2, (H - h * s_y) // 2
    elif layer.crop_to_aspect_ratio:
        wide = w / h > W / H
        new_w, new_h = (H * w / h, H) if wide else (W, W * h / w)
        s_x, s_y = new_w / w, new_h / h
        o_x, o_y = -((new_w - W) // 2), -((new_h - H) // 2)
    else:
        s_x, s_y, o_x, o_y = W / w, H / h, 0, 0
    found = boxes * np.array([s_x, s_y, s_x, s_y], "float32") + np.array([o_x, o_y, o_x, o_y], "float32")
    return np.clip(found, 0, np.array([W, H, W, H], "float32"))


class Beside:
    """What `Resizing` returns for the boxes, or the labels of boxes, beside pictures; also inside `tf.data` maps.

    Args:
        layer: the Resizing layer.
        labels: whether it is called on [labels, boxes, pictures], else on [boxes, pictures].
    """

    def __init__(self, layer: Any, labels: bool = False) -> None:
        self.layer, self.labels = layer, labels

    def dtype_of(self, dtype: str) -> str:
        return dtype if self.labels else "float32"

    def compute_output_shape(self, shapes: Any) -> Any:
        return shapes[0]

    @in_tf_data
    def __call__(self, x: Any) -> Any:
        *labels, boxes, pictures = map(np.asarray, x)
        if boxes.shape[-1:] != (4,):
            raise ValueError(f"boxes must have shape (..., 4); received {boxes.shape}")
        layer, form = self.layer, self.layer.bounding_box_format
        first = layer.first - (pictures.ndim == 3)
        sizes = tuple(pictures.shape[first : first + 2])
        given = boxes.astype("float32")
        found = moved(corners(given, form, *sizes), layer, sizes)
        if self.labels:
            areas = np.prod(found[..., 2:] - found[..., :2], axis=-1)
            return np.where(areas > 0, labels[0], -1).astype(labels[0].dtype)
        none = np.all(given == -1, axis=-1) | np.all(given == 0, axis=-1)
        return of_corners(np.where(none[..., np.newaxis], np.float32(0), found), form, layer.height, layer.width)
