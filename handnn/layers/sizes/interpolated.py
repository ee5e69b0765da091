"""Pictures of any size from pictures of any other: Resizing, and what UpSampling2D shares with it."""

from typing import Any, ClassVar

import numpy as np

from ...core import masks
from ...core.trace import LayerTrace
from ...core.variable import as_array
from ..base import alongside, layers
from ..convolution.base import at_least_one, one_of
from ..in_tf_data import in_tf_data
from ..keras_tensor import Shape, is_symbolic
from . import boxes, interpolation
from .base import Resized

METHODS = interpolation.METHODS


class Interpolated(Resized):
    """z = A_h x A_w.T along height and width, dx = A_h.T delta A_w; A is in `interpolation.py`."""

    rank = 2
    formulas: ClassVar[dict[str, str]] = {"z": "A_h x A_w.T", "dx": "A_h.T delta A_w"}
    interpolation: str
    antialias = False

    def target(self, sizes: tuple[int, ...]) -> tuple[int, ...]:
        """Return the new height and width."""
        raise NotImplementedError

    def matrices(self, array: Any, sizes: tuple[int, ...]) -> list[Any]:
        """Return A_h and A_w for an input of these sizes, with the type of an array."""
        pairs = zip(sizes, self.target(sizes), strict=True)
        return [interpolation.like(array, n, out, self.interpolation, self.antialias) for n, out in pairs]

    def forward(self, t: LayerTrace) -> None:
        t.z = self.seen(t.x)
        sizes = self.sizes(t.z)
        if self.interpolation == "nearest":
            for axis, (n, out) in enumerate(zip(sizes, self.target(sizes), strict=True)):
                t.z = np.take(t.z, interpolation.nearest(n, out), axis=self.first + axis)
        else:
            for axis, A in enumerate(self.matrices(t.z, sizes)):
                t.z = interpolation.along(t.z, A.T, self.first + axis)

    def backward(self, t: LayerTrace) -> None:
        dx = t.delta
        for axis, A in enumerate(self.matrices(dx, self.sizes(self.seen(t.x)))):
            dx = interpolation.along(dx, A, self.first + axis)
        t.dx = self.seen_back(dx, t.x)

    def sizes(self, x: Any) -> tuple[int, ...]:
        return tuple(x.shape[self.first : self.first + 2])

    def seen(self, x: Any) -> Any:
        """Return the part of x that is resized."""
        return x

    def seen_back(self, dx: Any, x: Any) -> Any:
        """Return dL/dx from dL/d seen(x)."""
        return dx

    def keras_forward(self, t: LayerTrace) -> None:
        """Compute z in float32, except 'nearest': TensorFlow interpolates in no other type."""
        _in_float32(self, t, "x", "z", self.forward)

    def keras_backward(self, t: LayerTrace) -> None:
        """Compute dx in float32, except of 'nearest'."""
        _in_float32(self, t, "delta", "dx", self.backward)


def _in_float32(layer: Interpolated, t: LayerTrace, given: str, result: str, formula: Any) -> None:
    """Run a formula on `Bounded` arrays as Keras does: in float32, whatever the layer's dtype."""
    array = getattr(t, given)
    if layer.interpolation == "nearest" or array.dtype == "float32":
        formula(t)
        return
    off = np.abs(array.value) * interpolation.EPS / 2
    setattr(t, given, type(array)(array.value.astype("float32"), array.error + off))
    formula(t)
    found = getattr(t, result)
    setattr(t, given, array)
    setattr(t, result, type(array)(found.value.astype(array.dtype), found.error))


@layers.register()
class Resizing(Interpolated):
    """Pictures (batch, height, width, channels) of any size, in a given size: z = A_h x A_w.T, dx = A_h.T delta A_w.

    The formulas of A are in `interpolation.py`. docs/derivations/pooling.md

    Args:
        height, width: of the output.
        interpolation: 'bilinear' (default), 'nearest', 'bicubic', 'lanczos3' or 'lanczos5'.
        crop_to_aspect_ratio: whether to cut off, evenly on both sides, what does not fit the new ratio of the sides.
        pad_to_aspect_ratio: whether to add `fill_value` there instead.
        fill_mode: only 'constant', as in Keras.
        antialias: whether to average over what one new element covers where the picture shrinks; not with 'nearest'.
        data_format: 'channels_last' (default) or 'channels_first'.
        bounding_box_format: of the boxes in a dict: 'xyxy', 'yxyx', 'xywh', 'center_xywh', 'center_yxhw', in pixels, or
            with 'rel_' before, as shares of the sides.

    A call on an array also takes one picture, without the batch. A dict of arrays with the key 'images' is returned
    with 'bounding_boxes' ({'boxes': (..., 4), 'labels'}) moved along, 'segmentation_masks' resized by 'nearest', and
    the others as they are; the label of a box of which nothing is left is -1.

    Raises:
        ValueError: an argument is not allowed.

    Departure: integers become floats; Keras rounds the result to their dtype.
    """

    def __init__(
        self,
        height: int,
        width: int,
        interpolation: str = "bilinear",
        crop_to_aspect_ratio: bool = False,
        pad_to_aspect_ratio: bool = False,
        fill_mode: str = "constant",
        fill_value: float = 0.0,
        antialias: bool = False,
        data_format: str | None = None,
        bounding_box_format: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(data_format, **options)
        if bounding_box_format is not None:
            one_of("bounding_box_format", bounding_box_format, boxes.FORMATS)
        self.bounding_box_format = bounding_box_format
        self.height, self.width = at_least_one("height", height), at_least_one("width", width)
        self.interpolation = one_of("interpolation", interpolation, METHODS)
        self.fill_mode = one_of("fill_mode", fill_mode, ("constant",))
        if crop_to_aspect_ratio and pad_to_aspect_ratio:
            raise ValueError("only one of crop_to_aspect_ratio and pad_to_aspect_ratio can be True; received both")
        if isinstance(fill_value, bool) or not isinstance(fill_value, int | float) or not np.isfinite(fill_value):
            raise ValueError(f"fill_value must be a finite number; received {fill_value!r}")
        self.crop_to_aspect_ratio, self.pad_to_aspect_ratio = bool(crop_to_aspect_ratio), bool(pad_to_aspect_ratio)
        self.fill_value, self.antialias = fill_value, bool(antialias)

    def target(self, sizes: tuple[int, ...]) -> tuple[int, ...]:
        return self.height, self.width

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        found, first = list(input_shape), self.first - (len(input_shape) == 3)
        found[first : first + 2] = self.height, self.width
        return tuple(found)

    def at_ratio(self, sizes: tuple[int, ...]) -> list[int]:
        """Return height and width in the new ratio, each from the other one; rounded down, in float32 as in Keras."""
        (height, width), one = sizes, np.float32(1)
        return [int(one * width * self.height / self.width), int(one * height * self.width / self.height)]

    def edges(self, sizes: tuple[int, ...]) -> list[tuple[int, int]]:
        """Return for each axis (start, size) of what is cut out, or of x in what is padded."""
        pairs = zip(sizes, self.at_ratio(sizes), strict=True)
        if self.crop_to_aspect_ratio:
            fitting = [(n, max(1, min(n, ratio))) for n, ratio in pairs]
            return [((n - left) // 2, left) for n, left in fitting]
        return [((max(n, ratio) - n) // 2, n) for n, ratio in pairs]

    def inside(self, x: Any) -> tuple[slice, ...]:
        return self.around(tuple(slice(start, start + size) for start, size in self.edges(self.sizes(x))))

    def seen(self, x: Any) -> Any:
        """Return x cropped or padded to the ratio of the new sides."""
        if self.crop_to_aspect_ratio:
            return x[self.inside(x)]
        if not self.pad_to_aspect_ratio:
            return x
        shape = list(x.shape)
        shape[self.first : self.first + 2] = [2 * start + n for start, n in self.edges(self.sizes(x))]
        padded = alongside(x, np.full(shape, self.fill_value, x.dtype))
        padded[self.inside(x)] = x
        return padded

    def seen_back(self, dx: Any, x: Any) -> Any:
        if self.pad_to_aspect_ratio:
            return dx[self.inside(x)]
        if not self.crop_to_aspect_ratio:
            return dx
        found = alongside(dx, np.zeros(x.shape, dx.dtype))
        found[self.inside(x)] = dx
        return found

    def __call__(self, x: Any = None, training: bool = False, mask: Any = None, inputs: Any = None) -> Any:
        """Return the resized pictures of an array, or the `KerasTensor`; an array of three axes is one picture.

        Raises:
            ValueError: a dict has no 'images', or has boxes of a format that is not given.
        """
        x = inputs if x is None else x
        return self._beside(x) if isinstance(x, dict) else self._resized(x, training, mask)

    def _beside(self, x: dict[str, Any]) -> dict[str, Any]:
        """Return a dict with resized pictures, and what is beside them moved along."""
        if "images" not in x or is_symbolic(x):
            raise ValueError(f"{self.name} takes a dict of arrays with the key 'images'; received {sorted(x)}")
        found, images = x | {"images": self._resized(x["images"])}, x["images"]
        if "bounding_boxes" in x:
            given = x["bounding_boxes"]
            if self.bounding_box_format is None:
                raise ValueError(f"bounding_box_format must be given to {self.name} for bounding_boxes; received None")
            if not isinstance(given, dict) or not {"boxes", "labels"} <= set(given):
                raise ValueError("bounding_boxes must be a dict with the keys 'boxes' and 'labels'")
            found["bounding_boxes"] = given | {
                "boxes": boxes.Beside(self)([given["boxes"], images]),
                "labels": boxes.Beside(self, True)([given["labels"], given["boxes"], images]),
            }
        if "segmentation_masks" in x:
            own = self.get_config() | {"interpolation": "nearest", "name": None}
            found["segmentation_masks"] = type(self)(**own)(x["segmentation_masks"])
        return found

    @in_tf_data
    def _resized(self, x: Any, training: bool = False, mask: Any = None) -> Any:
        if is_symbolic(x) or np.ndim(x) != 3:
            return super().__call__(x, training, mask)
        return masks.with_mask(np.asarray(super().__call__(as_array(x)[np.newaxis], training))[0], None)

    def get_config(self) -> dict[str, Any]:
        return (
            super().get_config()
            | {
                "height": self.height,
                "width": self.width,
                "interpolation": self.interpolation,
                "crop_to_aspect_ratio": self.crop_to_aspect_ratio,
                "pad_to_aspect_ratio": self.pad_to_aspect_ratio,
                "fill_mode": self.fill_mode,
                "fill_value": self.fill_value,
                "antialias": self.antialias,
            }
            | ({} if self.bounding_box_format is None else {"bounding_box_format": self.bounding_box_format})
        )
