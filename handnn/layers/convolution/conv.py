"""Conv1D, Conv2D and Conv3D: one formula for any number of spatial axes."""

import math
from typing import Any, ClassVar

import numpy as np

from ...core.reference import computes_with_onednn
from ...core.trace import LayerTrace
from ...core.variable import Variable
from .. import rules as weight_rules
from ..base import alongside, layers, refuse
from ..keras_errors import CENTRED, centred
from ..keras_tensor import Shape
from .base import Convolution, at_least_one, stored
from .windows import Windows


class Conv(Convolution):
    """z[n, p, f] = sum over taps j and channels c of x[n, p stride + j dilation, c] W[j, c, f] + b[f].

    p and j have one index for each spatial axis; x is padded with zeros. It is a correlation: the kernel is not turned.
    With the patches P[n, p, (j, c)] = x[n, p stride + j dilation, c] as rows it is one matrix product,

        z = P W + b,   dW = P.T delta,   db = sum of delta over n and p,   dP = delta W.T,

    and dx adds each element of dP back to the element of x that was read there (`Windows.fold`):

        dx[n, q, c] = sum over j, p with p stride + j dilation = q, and f, of delta[n, p, f] W[j, c, f],

    the full correlation of delta (zeros between its places where stride > 1) with the kernel turned by 180 degrees.
    With groups, the channels are split into equal parts, each read by its own share of the filters.
    docs/derivations/convolution.md

    Args:
        filters: the number of output channels.
        kernel_size, strides, dilation_rate: an integer, or one for each spatial axis.
        padding: 'valid', 'same', and for Conv1D 'causal'.
        data_format: 'channels_last' (default) or 'channels_first'.
        groups: divides the channels of x and the filters.

    Raises:
        ValueError: an argument is not allowed; when built, groups does not divide the channels, or the window does not
            fit into the input.
    """

    uses_cache = False
    formulas: ClassVar[dict[str, str]] = {
        "z": "patches(x) W + b", "dW": "patches(x).T delta", "db": "delta summed", "dx": "fold(delta W.T)"
    }  # fmt: skip

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
        groups: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        lora_rank: None = None,
        lora_alpha: None = None,
        **options: Any,
    ) -> None:
        rules = weight_rules.of_arguments(locals(), "kernel", "bias")
        window = kernel_size, strides, padding, data_format, dilation_rate
        super().__init__(*window, activation, use_bias, rules, activity_regularizer, **options)
        refuse(type(self).__name__, lora_rank=lora_rank, lora_alpha=lora_alpha)
        self.filters, self.groups = at_least_one("filters", filters), at_least_one("groups", groups)
        if self.filters % self.groups:
            raise ValueError(f"groups must divide filters; received groups={groups}, filters={filters}")
        self.no_stride_with_dilation()
        self.kernel: Variable

    def make_weights(self, path: str) -> None:
        channels = self.input_shape[self.channel_axis]
        if channels % self.groups:
            raise ValueError(f"groups of {self.name} must divide the {channels} channels; received {self.groups}")
        self.weights = []
        shape = (*self.kernel_size, channels // self.groups, self.filters)
        self.kernel = self.new_weight(path, "kernel", shape, *self.rules["kernel"])
        self.make_bias(path, self.filters)

    def forward(self, t: LayerTrace) -> None:
        x = self.last(t.x)
        z = correlation(x, self.kernel.value, self.windows(x.shape[1:-1]), self.groups, out=t.z)
        t.z = self.placed(self.add_bias(z))

    def backward(self, t: LayerTrace) -> None:
        x, delta, kernel = self.last(t.x), self.last(t.delta), self.kernel.value
        windows = self.windows(x.shape[1:-1])
        stored(t.gradients, "kernel", kernel_gradient(x, delta, kernel.shape, windows, self.groups))
        self.sum_to_bias(t, delta)
        if t.wants_dx:
            t.dx = self.placed(input_gradient(delta, kernel, windows, self.groups, out=t.dx))

    def keras_backward(self, t: LayerTrace) -> None:
        """Compute dx as one sum over places, taps and filters; TensorFlow adds its terms in any order."""
        self.backward(t)
        if self.rank == 3 and self.groups == 1 and not computes_with_onednn(self.dtype):
            t.gradients["kernel"] = all_taps_read(t.gradients["kernel"], self.last(t.x), self.last(t.delta))
        if t.wants_dx:
            delta, sizes = self.last(t.delta), self.last(t.x).shape[1:-1]
            t.dx = self.placed(turned_correlation(delta, self.kernel.value, self.windows(sizes), self.groups))

    def keras_wrong(self, t: LayerTrace) -> dict[str, str]:
        wrong = self.groups == 1 and centred(t.x.shape[1:-1], t.z.shape[1:-1], self)
        return super().keras_wrong(t) | ({"z": CENTRED} if wrong else {})

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        samples, *sizes, _ = self.shape_last(input_shape)
        shape = self.shape_placed((samples, *self.window_places(sizes), self.filters))
        return self.activation.compute_output_shape(shape)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"filters": self.filters, "groups": self.groups}


# ---- the products, on (batch, *sizes, channels) ----------------------------------------------------------------------


def grouped_rows(patches: Any, groups: int) -> Any:
    """Return patches (batch, *places, *taps, channels) as (groups, batch places, taps channels/groups)."""
    samples_and_places, channels = patches.shape[: patches.ndim // 2], patches.shape[-1]
    rows = patches.reshape(math.prod(samples_and_places), -1, groups, channels // groups)
    return np.moveaxis(rows, 2, 0).reshape(groups, len(rows), -1)


def grouped_kernel(kernel: Any, groups: int) -> Any:
    """Return a kernel (*taps, channels/groups, filters) as (groups, taps channels/groups, filters/groups)."""
    filters = kernel.shape[-1]
    return np.moveaxis(kernel.reshape(-1, groups, filters // groups), 1, 0)


def grouped_delta(delta: Any, groups: int) -> Any:
    """Return delta (batch, *places, filters) as (groups, batch places, filters/groups)."""
    filters = delta.shape[-1]
    return np.moveaxis(delta.reshape(-1, groups, filters // groups), 1, 0)


def correlation(x: Any, kernel: Any, windows: Windows, groups: int = 1, out: Any = None) -> Any:
    """Return z = P W of shape (batch, *places, filters), a part of the batch at a time."""
    shape, W = (len(x), *windows.places, kernel.shape[-1]), alongside(x, grouped_kernel(kernel, groups))
    fits = isinstance(out, np.ndarray) and out.shape == shape and out.flags.c_contiguous
    z = out if fits else alongside(x, np.empty(shape, x.dtype))
    for part in windows.chunks(x, x.shape[-1]):
        rows = np.matmul(grouped_rows(windows.patches(x[part]), groups), W)
        z[part] = np.moveaxis(rows, 0, 1).reshape(-1, *shape[1:])
    return z


def kernel_gradient(x: Any, delta: Any, shape: tuple[int, ...], windows: Windows, groups: int = 1) -> Any:
    """Return dW = P.T delta."""
    total: Any = None
    for part in windows.chunks(x, x.shape[-1]):
        P = grouped_rows(windows.patches(x[part]), groups)
        dW = np.matmul(np.swapaxes(P, 1, 2), grouped_delta(delta[part], groups))
        total = dW if total is None else np.add(total, dW, out=total)
    return np.moveaxis(total, 0, 1).reshape(shape)


def input_gradient(delta: Any, kernel: Any, windows: Windows, groups: int = 1, out: Any = None) -> Any:
    """Return dx = fold(delta W[tap].T, tap by tap) of shape (batch, *sizes, channels)."""
    each, filters = kernel.shape[-2:]
    channels = each * groups
    shape = (len(delta), *(axis.size for axis in windows.axes), channels)
    by_tap = kernel.reshape(-1, each, groups, filters // groups)
    turned = alongside(delta, np.moveaxis(by_tap, 1, -1))  # (taps, groups, filters/groups, channels/groups)
    fits = isinstance(out, np.ndarray) and out.shape == shape
    dx = out if fits else alongside(delta, np.empty(shape, delta.dtype))
    for part in windows.chunks(delta, channels + filters, taps=1):
        rows = grouped_delta(delta[part], groups)
        received = (np.moveaxis(np.matmul(rows, W), 0, 1) for W in turned)  # (batch places, groups, channels/groups)
        dx[part] = windows.fold(own.reshape(-1, *windows.places, channels) for own in received)
    return dx


def turned_correlation(delta: Any, kernel: Any, windows: Windows, groups: int = 1) -> Any:
    """Return the same dx as one product: delta with zeros between its places, correlated with the turned kernel."""
    rank, filters, each = len(windows.axes), kernel.shape[-1], kernel.shape[-2]
    sizes = [(axis.places - 1) * axis.stride + 1 for axis in windows.axes]
    spread = alongside(delta, np.zeros((len(delta), *sizes, filters), delta.dtype))
    spread[(slice(None), *(slice(None, None, axis.stride) for axis in windows.axes))] = delta
    around = Windows(
        [
            axis._replace(size=size, stride=1, before=axis.span - 1 - axis.before, after=axis.size + axis.before - size)
            for axis, size in zip(windows.axes, sizes, strict=True)
        ]
    )
    turned = np.flip(kernel, tuple(range(rank))).reshape(*windows.taps, each, groups, filters // groups)
    W = np.swapaxes(turned, -3, -1).reshape(*windows.taps, filters // groups, groups * each)
    return correlation(spread, W, around, groups)


def all_taps_read(dW: Any, read: Any, sent: Any) -> Any:
    """Return dW (*taps, channels read, channels sent) after 0 times all that is read, and 0 times all that is sent.

    TensorFlow's own Conv3D on a CPU takes what a tap does not read times 0, so an infinity or NaN reaches every tap.
    """
    by_channel = [np.sum(0.0 * array.reshape(-1, array.shape[-1]), axis=0) for array in (read, sent)]
    return dW + by_channel[0].reshape(-1, 1) + by_channel[1]


# ---- the layers ------------------------------------------------------------------------------------------------------


@layers.register("Convolution1D")
class Conv1D(Conv):
    """`Conv` over (batch, steps, channels); also with padding 'causal', where no place reads what comes after it."""

    rank = 1
    paddings = ("valid", "same", "causal")


@layers.register("Convolution2D")
class Conv2D(Conv):
    """`Conv` over (batch, height, width, channels)."""

    rank = 2


@layers.register("Convolution3D")
class Conv3D(Conv):
    """`Conv` over (batch, depth, height, width, channels)."""

    rank = 3
