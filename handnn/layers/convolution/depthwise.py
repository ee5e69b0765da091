"""DepthwiseConv and SeparableConv: a kernel for each channel, and one that mixes the channels afterwards."""

from typing import Any, ClassVar

import numpy as np

from ...core.trace import LayerTrace
from ...core.variable import Variable
from .. import rules as weight_rules
from ..base import alongside, layers
from ..keras_tensor import Shape
from .base import Convolution, at_least_one, stored
from .conv import correlation, input_gradient, kernel_gradient, turned_correlation


def as_grouped(kernel: Any) -> Any:
    """Return a depthwise kernel (*taps, channels, multiplier) as that of a convolution with a group per channel."""
    return kernel.reshape(*kernel.shape[:-2], 1, -1)


class DepthwiseConv(Convolution):
    """z[n, p, c m] = sum over taps j of x[n, p stride + j dilation, c] W[j, c, m] + b[c m].

    A convolution with one group for each channel: each channel is read by `depth_multiplier` filters of its own. With
    the patches P_c of one channel as rows, z_c = P_c W_c, dW_c = P_c.T delta_c and dP_c = delta_c W_c.T, as in `Conv`.
    docs/derivations/convolution.md

    Args:
        kernel_size, strides, dilation_rate: an integer, or one for each spatial axis.
        depth_multiplier: the number of filters for each channel.
        padding: 'valid' or 'same'. data_format: 'channels_last' (default) or 'channels_first'.

    Raises:
        ValueError: an argument is not allowed; when built, the window does not fit into the input.
    """

    formulas: ClassVar[dict[str, str]] = {
        "z": "patches(x) W + b", "dW": "patches(x).T delta", "db": "delta summed", "dx": "fold(delta W.T)"
    }  # fmt: skip

    def __init__(
        self,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        depth_multiplier: int = 1,
        data_format: str | None = None,
        dilation_rate: Any = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        bias_constraint: Any = None,
        **options: Any,
    ) -> None:
        rules = weight_rules.of_arguments(locals(), "depthwise", "bias")
        window = kernel_size, strides, padding, data_format, dilation_rate
        super().__init__(*window, activation, use_bias, rules, activity_regularizer, **options)
        self.depth_multiplier = at_least_one("depth_multiplier", depth_multiplier)
        self.kernel: Variable

    def make_weights(self, path: str) -> None:
        channels = self.input_shape[self.channel_axis]
        self.weights = []
        shape = (*self.kernel_size, channels, self.depth_multiplier)
        self.kernel = self.new_weight(path, "kernel", shape, *self.rules["depthwise"])
        self.make_bias(path, channels * self.depth_multiplier)

    def forward(self, t: LayerTrace) -> None:
        x = self.last(t.x)
        kernel, windows = as_grouped(self.kernel.value), self.windows(x.shape[1:-1])
        t.z = self.placed(self.add_bias(correlation(x, kernel, windows, x.shape[-1], out=t.z)))

    def backward(self, t: LayerTrace) -> None:
        x, delta, kernel = self.last(t.x), self.last(t.delta), self.kernel.value
        windows, channels = self.windows(x.shape[1:-1]), x.shape[-1]
        dW = kernel_gradient(x, delta, as_grouped(kernel).shape, windows, channels)
        stored(t.gradients, "kernel", dW.reshape(kernel.shape))
        self.sum_to_bias(t, delta)
        if t.wants_dx:
            t.dx = self.placed(input_gradient(delta, as_grouped(kernel), windows, channels, out=t.dx))

    def keras_backward(self, t: LayerTrace) -> None:
        """Compute dx as one sum over places, taps and filters; TensorFlow adds its terms in any order."""
        self.backward(t)
        if t.wants_dx:
            delta, x = self.last(t.delta), self.last(t.x)
            kernel, windows = as_grouped(self.kernel.value), self.windows(x.shape[1:-1])
            t.dx = self.placed(turned_correlation(delta, kernel, windows, x.shape[-1]))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        samples, *sizes, channels = self.shape_last(input_shape)
        filters = None if channels is None else channels * self.depth_multiplier
        shape = self.shape_placed((samples, *self.window_places(sizes), filters))
        return self.activation.compute_output_shape(shape)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"depth_multiplier": self.depth_multiplier}


class SeparableConv(Convolution):
    """h = depthwise convolution of x, without bias; z[n, p, f] = sum over k of h[n, p, k] V[k, f] + b[f].

    The second half mixes the channels at each place: a Dense layer on the rows of h. So with rows over n and p,

        dV = h.T delta,   dh = delta V.T,   and dW and dx are those of `DepthwiseConv` with dh for delta.

    docs/derivations/convolution.md

    Args:
        filters: the number of output channels.
        kernel_size, strides, dilation_rate: an integer, or one for each spatial axis.
        depth_multiplier: the number of filters of the first half for each channel.
        padding: 'valid' or 'same'. data_format: 'channels_last' (default) or 'channels_first'.

    Raises:
        ValueError: an argument is not allowed; when built, the window does not fit into the input.
    """

    uses_cache = True
    formulas: ClassVar[dict[str, str]] = {
        "z": "h V + b, h = patches(x) W",
        "ddepthwise_kernel": "patches(x).T (delta V.T)",
        "dpointwise_kernel": "h.T delta",
        "db": "delta summed",
        "dx": "fold((delta V.T) W.T)",
    }

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
        depth_multiplier: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        pointwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        pointwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        pointwise_constraint: Any = None,
        bias_constraint: Any = None,
        **options: Any,
    ) -> None:
        rules = weight_rules.of_arguments(locals(), "depthwise", "pointwise", "bias")
        window = kernel_size, strides, padding, data_format, dilation_rate
        super().__init__(*window, activation, use_bias, rules, activity_regularizer, **options)
        self.filters = at_least_one("filters", filters)
        self.depth_multiplier = at_least_one("depth_multiplier", depth_multiplier)
        self.depthwise_kernel: Variable
        self.pointwise_kernel: Variable

    def make_weights(self, path: str) -> None:
        channels = self.input_shape[self.channel_axis]
        self.weights = []
        shape = (*self.kernel_size, channels, self.depth_multiplier)
        self.depthwise_kernel = self.new_weight(path, "depthwise_kernel", shape, *self.rules["depthwise"])
        shape = (*(1,) * self.rank, channels * self.depth_multiplier, self.filters)
        self.pointwise_kernel = self.new_weight(path, "pointwise_kernel", shape, *self.rules["pointwise"])
        self.make_bias(path, self.filters)

    def mixing(self) -> Any:
        """Return V, (channels multiplier, filters)."""
        return self.pointwise_kernel.value.reshape(-1, self.filters)

    def forward(self, t: LayerTrace) -> None:
        x = self.last(t.x)
        kernel, windows = as_grouped(self.depthwise_kernel.value), self.windows(x.shape[1:-1])
        h = t.cache["h"] = correlation(x, kernel, windows, x.shape[-1], out=t.cache.get("h"))
        z = np.dot(h.reshape(-1, h.shape[-1]), alongside(x, self.mixing()))
        t.z = self.placed(self.add_bias(z.reshape(*h.shape[:-1], self.filters)))

    def backward(self, t: LayerTrace) -> None:
        self._backward(t, input_gradient)

    def keras_backward(self, t: LayerTrace) -> None:
        """Compute dx as one sum over places and taps; TensorFlow adds its terms in any order."""
        self._backward(t, turned_correlation)

    def _backward(self, t: LayerTrace, input_gradient: Any) -> None:
        x, delta, h = self.last(t.x), self.last(t.delta), t.cache["h"]
        kernel, windows, channels = self.depthwise_kernel.value, self.windows(x.shape[1:-1]), x.shape[-1]
        rows = delta.reshape(-1, self.filters)
        dh = np.dot(rows, alongside(delta, self.mixing().T)).reshape(h.shape)
        dW = kernel_gradient(x, dh, as_grouped(kernel).shape, windows, channels)
        stored(t.gradients, "depthwise_kernel", dW.reshape(kernel.shape))
        dV = np.dot(h.reshape(-1, h.shape[-1]).T, rows)
        stored(t.gradients, "pointwise_kernel", dV.reshape(self.pointwise_kernel.shape))
        self.sum_to_bias(t, delta)
        if t.wants_dx:
            t.dx = self.placed(input_gradient(dh, as_grouped(kernel), windows, channels))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        samples, *sizes, _ = self.shape_last(input_shape)
        shape = self.shape_placed((samples, *self.window_places(sizes), self.filters))
        return self.activation.compute_output_shape(shape)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"filters": self.filters, "depth_multiplier": self.depth_multiplier}


@layers.register()
class DepthwiseConv1D(DepthwiseConv):
    """`DepthwiseConv` over (batch, steps, channels)."""

    rank = 1


@layers.register()
class DepthwiseConv2D(DepthwiseConv):
    """`DepthwiseConv` over (batch, height, width, channels)."""

    rank = 2


@layers.register("SeparableConvolution1D")
class SeparableConv1D(SeparableConv):
    """`SeparableConv` over (batch, steps, channels)."""

    rank = 1


@layers.register("SeparableConvolution2D")
class SeparableConv2D(SeparableConv):
    """`SeparableConv` over (batch, height, width, channels)."""

    rank = 2
