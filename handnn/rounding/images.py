"""Activations of inputs whose error is large: their values stay between two limits (`Activation.image`)."""

from typing import Any

import numpy as np

from . import allowance


def limited(f: Any, z: Any, a: Any) -> Any:
    """Return a = f(z), `Bounded`, with an error that leads to no value that f does not have.

    An increasing f of one element lies between f(z - error) and f(z + error). A softmax of scores that may be 100 off
    each may give any weights, but none below 0 or above 1. Where z may overflow, nothing is known.
    """
    kind, value = type(z), z.value
    sure = np.abs(value) + z.error < np.finfo(value.dtype).max
    low, high = f.image
    if f.elementwise:
        ends = [(value + side * z.error).astype(value.dtype) for side in (-1, 1)]
        down, up = (
            kind(np.nextafter(end, side * np.inf)).activated(f) for end, side in zip(ends, (-1, 1), strict=True)
        )
        here = kind(value).activated(f)
        moved = np.maximum(up.value.astype("float64") - here.value, here.value - down.value.astype("float64"))
        error = np.where(sure, moved + here.error + np.maximum(down.error, up.error), np.inf)
        return kind(here.value, error, a.least)
    sure = np.all(sure, axis=f.axis, keepdims=True)
    farthest = np.maximum(high - a.value.astype("float64"), a.value - low)
    farthest += allowance.unit_roundoff(value.dtype) * max(-low, high)
    return kind(a.value, np.where(sure, np.fmin(a.error, farthest), a.error), a.least)
