"""Sum, difference, product, mean, maximum and minimum of several arrays."""

import functools
from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np

from ...core.trace import LayerTrace
from ..base import layers
from ..keras_errors import ADDED, added_elsewhere
from .base import Merge, dx_of, folded


class Sum(Merge):
    """Base class of Add and Average."""

    def keras_wrong(self, t: LayerTrace) -> dict[str, str]:
        shapes = [part.shape for part in self.parts(t)]
        found: dict[str, str] = {}
        for k, shape in enumerate(shapes[1:], start=1):
            if added_elsewhere(np.broadcast_shapes(*shapes[:k]), shape):
                found |= {"z": ADDED, f"dx[{k}]": ADDED}
        return found


@layers.register()
class Add(Sum):
    """z = x_1 + x_2 + ...; every dx_k = delta: a residual connection passes its upstream on unchanged."""

    formulas: ClassVar[dict[str, str]] = {"z": "x_1 + x_2 + ...", "dx": "delta"}

    def forward(self, t: LayerTrace) -> None:
        t.z = folded(np.add, self.parts(t), t.z)

    def backward(self, t: LayerTrace) -> None:
        t.dx = tuple(dx_of(t, k, t.delta) for k in range(len(t.x)))


@layers.register()
class Subtract(Merge):
    """z = x_1 - x_2; dx_1 = delta, dx_2 = -delta."""

    count = 2
    formulas: ClassVar[dict[str, str]] = {"z": "x_1 - x_2", "dx": "delta, -delta"}

    def forward(self, t: LayerTrace) -> None:
        t.z = folded(np.subtract, self.parts(t), t.z)

    def backward(self, t: LayerTrace) -> None:
        t.dx = dx_of(t, 0, t.delta), dx_of(t, 1, np.negative(t.delta))


@layers.register()
class Multiply(Merge):
    """z = x_1 x_2 ...; dx_k = delta times the product of the others.

    It is (x_1 ... x_(k-1)) times (delta x_(k+1) ... x_n), two running products. There is no division, so factors may
    be 0. A masked step of x_k counts as a factor of 1; if every x_k has a mask, z is 0 where all are masked.
    """

    formulas: ClassVar[dict[str, str]] = {"z": "x_1 * x_2 * ...", "dx": "delta * the others"}

    def forward(self, t: LayerTrace) -> None:
        factors, counts = (self.parts(t), None) if t.input_mask is None else self.factors(t)
        t.z = folded(np.multiply, factors, t.z)
        if counts is not None:
            t.z = np.where(counts, t.z, t.z.dtype.type(0))

    def factors(self, t: LayerTrace) -> tuple[list[Any], Any]:
        """Return the x_k with 1 where they are masked, and where z counts; None if it does everywhere."""
        parts, masks = self.parts(t), masks_of(t, self.parts(t))
        one = parts[0].dtype.type(1)
        factors = [x if mask is None else np.where(mask, x, one) for x, mask in zip(parts, masks, strict=True)]
        known = [mask for mask in masks if mask is not None]
        return factors, functools.reduce(np.logical_or, known) if len(known) == len(masks) else None

    def backward(self, t: LayerTrace) -> None:
        if t.input_mask is None:
            t.dx = self.sent_back(t, self.parts(t), t.delta)
            return
        factors, _ = self.factors(t)
        dx, masks, zero = self.sent_back(t, factors, t.delta), masks_of(t, self.parts(t)), t.delta.dtype.type(0)
        t.dx = tuple(own if mask is None else np.where(mask, own, zero) for own, mask in zip(dx, masks, strict=True))

    @staticmethod
    def sent_back(t: LayerTrace, parts: list[Any], delta: Any) -> tuple[Any, ...]:
        """Return dL/dx_k of the product of these parts."""
        before = parts[:1]
        for part in parts[1:-1]:
            before.append(before[-1] * part)
        behind, dx = delta, []
        for k in range(len(parts) - 1, 0, -1):
            dx.append(dx_of(t, k, behind * before[k - 1]))
            behind = behind * parts[k]
        return (dx_of(t, 0, behind), *reversed(dx))


def masks_of(t: LayerTrace, parts: list[Any]) -> list[Any]:
    """Return the mask of each part in its shape, or None; Keras' reshape loses those of parts with new axes."""
    whole = [mask if part is x else None for mask, part, x in zip(t.input_mask, parts, t.x, strict=True)]
    return [None if mask is None else mask[..., np.newaxis] for mask in whole]


@layers.register()
class Average(Sum):
    """z = (x_1 + ... + x_n) / n; dx_k = delta / n."""

    formulas: ClassVar[dict[str, str]] = {"z": "(x_1 + x_2 + ...) / n", "dx": "delta / n"}

    def is_identity(self, training: bool) -> bool:
        return False

    def forward(self, t: LayerTrace) -> None:
        t.z = np.divide(folded(np.add, self.parts(t), t.z), len(t.x), out=t.z)

    def backward(self, t: LayerTrace) -> None:
        share = np.divide(t.delta, len(t.x))
        t.dx = tuple(dx_of(t, k, share) for k in range(len(t.x)))


@layers.register()
class Maximum(Merge):
    """z = the largest x_k; dx_k = delta for that one, 0 for the others.

    Among equals the first gets delta: x_k gets it unless the maximum of those before it is >= x_k. With NaN that
    comparison is false, so the later one gets delta.
    """

    formulas: ClassVar[dict[str, str]] = {"z": "max(x_1, x_2, ...)", "dx": "delta where x is the first largest, or 0"}
    choice: ClassVar[Any] = np.maximum
    keeps_first: ClassVar[Any] = np.greater_equal

    def forward(self, t: LayerTrace) -> None:
        if t.input_mask is None:
            t.z = folded(self.choice, self.parts(t), t.z)
        else:
            *_, t.z = self.chain(t)

    def backward(self, t: LayerTrace) -> None:
        if t.input_mask is not None:
            self.backward_with_masks(t)
            return
        parts = self.parts(t)
        best, stays = parts[0], []
        for part in parts[1:]:
            stays.append(self.keeps_first(best, part))
            best = self.choice(best, part)
        gradient, dx, zero = t.delta, [], t.delta.dtype.type(0)
        for k in range(len(parts) - 1, 0, -1):
            dx.append(dx_of(t, k, np.where(stays[k - 1], zero, gradient)))
            gradient = np.where(stays[k - 1], gradient, zero)
        t.dx = (dx_of(t, 0, gradient), *reversed(dx))

    # With masks, what is masked takes part nowhere: before two are compared, each is replaced by the other where it is
    # masked and the other is not (by the best so far where both are).

    def chain(self, t: LayerTrace) -> Iterator[Any]:
        """Yield (mask so far, mask of x_k, best so far, x_k) as they are compared, for k = 2, 3, ..., and then z."""
        parts = self.parts(t)
        masks = masks_of(t, parts)
        best, known = parts[0], masks[0]
        for part, own in zip(parts[1:], masks[1:], strict=True):
            x = part if own is None else np.where(own, part, best)
            first = best if known is None else np.where(known, best, x)
            yield known, own, first, x
            known = None if known is None or own is None else known | own
            best = self.choice(first, x)
        yield best

    def backward_with_masks(self, t: LayerTrace) -> None:
        *steps, _ = self.chain(t)
        gradient, dx, zero = t.delta, [], t.delta.dtype.type(0)
        for k, (known, own, first, x) in reversed(list(enumerate(steps, start=1))):
            stays = self.keeps_first(first, x)
            to_best, to_x = np.where(stays, gradient, zero), np.where(stays, zero, gradient)
            if known is not None:
                to_best, to_x = np.where(known, to_best, zero), to_x + np.where(known, zero, to_best)
            if own is not None:
                to_x, to_best = np.where(own, to_x, zero), to_best + np.where(own, zero, to_x)
            dx.append(dx_of(t, k, to_x))
            gradient = to_best
        t.dx = (dx_of(t, 0, gradient), *reversed(dx))


@layers.register()
class Minimum(Maximum):
    """z = the smallest x_k; dx_k = delta for that one, 0 for the others. Among equals the first gets delta."""

    formulas: ClassVar[dict[str, str]] = {"z": "min(x_1, x_2, ...)", "dx": "delta where x is the first smallest, or 0"}
    choice = np.minimum
    keeps_first = np.less_equal


def add(inputs: list[Any], **options: Any) -> Any:
    """Return `Add(**options)(inputs)`."""
    return Add(**options)(inputs)


def subtract(inputs: list[Any], **options: Any) -> Any:
    """Return `Subtract(**options)(inputs)`."""
    return Subtract(**options)(inputs)


def multiply(inputs: list[Any], **options: Any) -> Any:
    """Return `Multiply(**options)(inputs)`."""
    return Multiply(**options)(inputs)


def average(inputs: list[Any], **options: Any) -> Any:
    """Return `Average(**options)(inputs)`."""
    return Average(**options)(inputs)


def maximum(inputs: list[Any], **options: Any) -> Any:
    """Return `Maximum(**options)(inputs)`."""
    return Maximum(**options)(inputs)


def minimum(inputs: list[Any], **options: Any) -> Any:
    """Return `Minimum(**options)(inputs)`."""
    return Minimum(**options)(inputs)
