"""Mistakes of convolutions: of the kernel, the stride, the padding, the dilation, the groups, the multiplier."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ... import layers
from ...layers.convolution import base as shared
from ...layers.convolution import conv, depthwise, transposed
from ...layers.convolution.windows import Axis, Windows
from .base import DTYPE, Batch, Plant, between

Change = Callable[[Any], Any]
SIZES = {"1D": (9, 4), "2D": (7, 6, 4)}


def of(name: str, **options: Any) -> Callable[[], Batch]:
    """Return the network of a convolution, named conv."""
    cls = getattr(layers, name)
    shape = SIZES["1D" if "1D" in name else "2D"]
    filters = {} if name.startswith("Depthwise") else {"filters": 3}
    options = {"kernel_size": 3, "dtype": DTYPE, "name": "conv"} | filters | options
    return lambda: between(cls(**options), shape)


def with_kernel(change: Change) -> Change:
    """Return a maker of a function that reads another kernel than the one that it is given."""
    return lambda right: lambda x, kernel, *rest, **options: right(x, change(kernel), *rest, **options)


def turned(kernel: Any) -> Any:
    return np.flip(kernel, tuple(range(kernel.ndim - 2)))


def filters_mixed(kernel: Any) -> Any:
    """Filter 0 of the first group, filter 0 of the second one, ... : the order in which the groups alternate."""
    return kernel[..., np.arange(kernel.shape[-1]).reshape(2, -1).T.reshape(-1)]


def with_windows(change: Callable[[Axis], Axis], spread: bool = False) -> Change:
    """Return a maker of a function that gives delta back to other windows; with `spread`, delta lies at their start."""

    def make(right: Any) -> Any:
        def wrong(delta: Any, kernel: Any, windows: Windows, *rest: Any, **options: Any) -> Any:
            if not isinstance(delta, np.ndarray):  # how much rounding is allowed
                return right(delta, kernel, windows, *rest, **options)
            other = Windows([change(axis) for axis in windows.axes])
            if spread:
                first = tuple(slice(0, min(p, q)) for p, q in zip(windows.places, other.places, strict=True))
                wide = np.zeros((len(delta), *other.places, delta.shape[-1]), delta.dtype)
                wide[(slice(None), *first)] = delta[(slice(None), *first)]
                delta = wide
            found = right(delta, kernel, other, *rest)
            short = [max(0, axis.size - size) for axis, size in zip(windows.axes, found.shape[1:-1], strict=True)]
            found = np.pad(found, [(0, 0), *((0, n) for n in short), (0, 0)])
            return found[(slice(None), *(slice(0, axis.size) for axis in windows.axes))]

        return wrong

    return make


def side_by_side(axis: Axis) -> Axis:
    return axis._replace(stride=1, size=max(axis.size, axis.span))


def not_cropped(axis: Axis) -> Axis:
    return axis._replace(size=axis.size + axis.before + axis.after, before=0, after=0)


def not_dilated(axis: Axis) -> Axis:
    return axis._replace(dilation=1, size=axis.size - axis.span + axis.taps)


def on_both_sides(right: Any) -> Any:
    """A causal convolution that is padded like 'same'."""
    return lambda size, taps, stride, dilation, padding: right(
        size, taps, stride, dilation, padding.replace("causal", "same")
    )


def channels_alternate(right: Any) -> Any:
    """Group g reads channels g, g + groups, ... in place of those that lie side by side."""

    def wrong(patches: Any, groups: int) -> Any:
        order = np.arange(patches.shape[-1]).reshape(-1, groups).T.reshape(-1)
        return right(patches[..., order], groups)

    return wrong


def multiplier_first(right: Any) -> Any:
    return lambda kernel: np.swapaxes(kernel, -1, -2).reshape(*kernel.shape[:-2], 1, -1)


def output_padding_in_front(right: Any) -> Any:
    """The elements that output_padding adds come before the output in place of after it."""

    def spread(self: Any, sizes: Any) -> Windows:
        more = self.output_padding or (0,) * self.rank
        axes = zip(right(self, sizes).axes, more, strict=True)
        return Windows([axis._replace(before=axis.before + n, after=axis.after - n) for axis, n in axes])

    return spread


def first_sample_only(right: Any) -> Any:
    return lambda x, delta, *rest, **options: right(x[:1], delta[:1], *rest, **options)


def mean_over_places(right: Any) -> Any:
    def wrong(self: Any, t: Any, delta: Any) -> None:
        right(self, t, delta)
        t.gradients["bias"] = t.gradients["bias"] / np.prod(delta.shape[1:-1])

    return wrong


def plant(name: str, network: Any, owner: Any, attribute: str, wrong: Change, at: str, *also: str) -> Plant:
    where = frozenset(f"conv {tensor}" for tensor in also)
    return Plant(name, "convolution", network, owner, attribute, wrong, f"conv {at}", where)


SAME = of("Conv2D", padding="same")
PLANTS = [
    plant("true convolution forward: kernel turned", SAME, conv, "correlation", with_kernel(turned), "z"),
    plant("kernel not turned on the way back", SAME, conv, "input_gradient", with_kernel(turned), "dx"),
    plant(
        "channels of the kernel in reverse on the way back",
        SAME,
        conv,
        "input_gradient",
        with_kernel(lambda kernel: kernel[..., ::-1, :]),
        "dx",
    ),
    plant(
        "stride forgotten on the way back",
        of("Conv2D", strides=(3, 2), kernel_size=2),
        conv,
        "input_gradient",
        with_windows(side_by_side, spread=True),
        "dx",
    ),
    plant("padding's gradient not cropped", SAME, conv, "input_gradient", with_windows(not_cropped), "dx"),
    plant(
        "dilation forgotten on the way back",
        of("Conv2D", dilation_rate=2, kernel_size=2),
        conv,
        "input_gradient",
        with_windows(not_dilated),
        "dx",
    ),
    plant("causal: padded on both sides", of("Conv1D", padding="causal"), shared, "padded_axis", on_both_sides,
          "z", "dW", "dx"),
    plant("groups: channels alternate", of("Conv2D", filters=6, groups=2), conv, "grouped_rows", channels_alternate,
          "z", "dW"),
    plant("groups: filters mixed on the way back", of("Conv2D", filters=6, groups=2), conv, "input_gradient",
          with_kernel(filters_mixed), "dx"),
    plant("dW of the first sample only", SAME, conv, "kernel_gradient", first_sample_only, "dW"),
    plant("dW doubled", SAME, conv, "kernel_gradient", lambda right: lambda *a, **o: 2 * right(*a, **o), "dW"),
    plant("db averaged over the places", SAME, shared.Convolution, "sum_to_bias", mean_over_places, "db"),
    plant("depthwise: multiplier before channel", of("DepthwiseConv2D", depth_multiplier=2), depthwise, "as_grouped",
          multiplier_first, "z", "dx"),
    plant("separable: kernel not turned on the way back", of("SeparableConv2D"), depthwise, "input_gradient",
          with_kernel(turned), "dx"),
    plant("transposed: output padding in front", of("Conv2DTranspose", strides=2, output_padding=1, padding="same"),
          transposed.ConvTranspose, "spread", output_padding_in_front, "z", "dW", "dx"),
    plant("transposed: kernel turned", of("Conv2DTranspose"), transposed, "input_gradient", with_kernel(turned), "z"),
    plant("transposed: samples of x in reverse in dW", of("Conv2DTranspose"), transposed, "kernel_gradient",
          lambda right: lambda delta, x, *rest: right(delta, x[::-1], *rest), "dW"),
]  # fmt: skip
