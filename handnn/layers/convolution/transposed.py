"""Conv1DTranspose, Conv2DTranspose and Conv3DTranspose: a convolution's way back as a layer."""

from typing import Any, ClassVar

from ...core.reference import computes_with_onednn
from ...core.trace import LayerTrace
from ...core.variable import Variable
from .. import rules as weight_rules
from ..base import layers
from ..keras_errors import CENTRED, centred
from ..keras_tensor import Shape
from .base import Convolution, along_axes, at_least_one, stored
from .conv import all_taps_read, correlation, input_gradient, kernel_gradient, turned_correlation
from .windows import Windows, padded_axis


class ConvTranspose(Convolution):
    """z[n, q, f] = sum over p, j with p stride + j dilation = q, and c, of x[n, p, c] W[j, f, c], + b[f].

    Each element of x is spread over the places that a convolution with this kernel would have read for it, so z is that
    convolution's dx, dx its z, and in dW the two change places:

        z = fold(x W.T) + b,   dx = patches(delta) W,   dW = patches(delta).T x,   db = sum of delta over n and q.

    An axis of n elements becomes n stride ('same') or (n - 1) stride + span + max(stride - span, 0) ('valid'), where
    span = (kernel_size - 1) dilation + 1. docs/derivations/convolution.md

    Args:
        filters: the number of output channels.
        kernel_size, strides, dilation_rate: an integer, or one for each spatial axis.
        padding: 'valid' or 'same', as of the convolution that it turns back.
        output_padding: elements added to the end of the output, less than the stride; None as above.
        data_format: 'channels_last' (default) or 'channels_first'.

    Raises:
        ValueError: an argument is not allowed.
    """

    formulas: ClassVar[dict[str, str]] = {
        "z": "fold(x W.T) + b", "dW": "patches(delta).T x", "db": "delta summed", "dx": "patches(delta) W"
    }  # fmt: skip

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        output_padding: Any = None,
        data_format: str | None = None,
        dilation_rate: Any = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **options: Any,
    ) -> None:
        rules = weight_rules.of_arguments(locals(), "kernel", "bias")
        window = kernel_size, strides, padding, data_format, dilation_rate
        super().__init__(*window, activation, use_bias, rules, activity_regularizer, **options)
        self.filters = at_least_one("filters", filters)
        self.no_stride_with_dilation()
        self.output_padding = None
        if output_padding is not None:
            self.output_padding = along_axes(output_padding, self.rank, "output_padding", least=0)
            if any(more >= stride for more, stride in zip(self.output_padding, self.strides, strict=True)):
                raise ValueError(f"output_padding must be less than strides {self.strides}; received {output_padding}")
        self.kernel: Variable

    def make_weights(self, path: str) -> None:
        self.weights = []
        shape = (*self.kernel_size, self.filters, self.input_shape[self.channel_axis])
        self.kernel = self.new_weight(path, "kernel", shape, *self.rules["kernel"])
        self.make_bias(path, self.filters)

    def spread(self, sizes: Any) -> Windows:
        """Return the windows of the output by which x of these sizes is spread."""
        read = zip(self.output_sizes(sizes), self.kernel_size, self.strides, self.dilation_rate, strict=True)
        return Windows([padded_axis(*axis, self.padding) for axis in read])  # type: ignore[arg-type]

    def output_sizes(self, sizes: Any) -> tuple[int | None, ...]:
        """Return the size of z along each axis."""
        more = self.output_padding or (None,) * self.rank
        read = zip(sizes, self.kernel_size, self.strides, self.dilation_rate, more, strict=True)
        return tuple(self._output_size(*axis) for axis in read)

    def _output_size(self, size: int | None, taps: int, stride: int, dilation: int, more: int | None) -> int | None:
        if size is None:
            return None
        span = (taps - 1) * dilation + 1
        if self.padding == "valid":
            return (size - 1) * stride + span + (max(stride - span, 0) if more is None else more)
        return size * stride if more is None else (size - 1) * stride + span % 2 + more

    def forward(self, t: LayerTrace) -> None:
        x = self.last(t.x)
        z = input_gradient(x, self.kernel.value, self.spread(x.shape[1:-1]), out=t.z)
        t.z = self.placed(self.add_bias(z))

    def backward(self, t: LayerTrace) -> None:
        x, delta, kernel = self.last(t.x), self.last(t.delta), self.kernel.value
        windows = self.spread(x.shape[1:-1])
        stored(t.gradients, "kernel", kernel_gradient(delta, x, kernel.shape, windows))
        self.sum_to_bias(t, delta)
        if t.wants_dx:
            t.dx = self.placed(correlation(delta, kernel, windows, out=t.dx))

    def keras_forward(self, t: LayerTrace) -> None:
        """Compute z as one sum over places, taps and channels; TensorFlow adds its terms in any order."""
        x = self.last(t.x)
        z = turned_correlation(x, self.kernel.value, self.spread(x.shape[1:-1]))
        t.z = self.placed(self.add_bias(z))

    def keras_backward(self, t: LayerTrace) -> None:
        self.backward(t)
        if self.rank == 3 and not computes_with_onednn(self.dtype):
            t.gradients["kernel"] = all_taps_read(t.gradients["kernel"], self.last(t.delta), self.last(t.x))

    def keras_wrong(self, t: LayerTrace) -> dict[str, str]:
        """dx is a convolution of delta."""
        wrong = centred(t.z.shape[1:-1], t.x.shape[1:-1], self)
        return super().keras_wrong(t) | ({"dx": CENTRED} if wrong else {})

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        samples, *sizes, _ = self.shape_last(input_shape)
        found = self.output_sizes(sizes)
        read = zip(found, self.kernel_size, self.strides, self.dilation_rate, sizes, strict=True)
        if any(size is not None and padded_axis(size, *axis, self.padding).places != n for size, *axis, n in read):  # type: ignore[call-arg, arg-type]
            raise ValueError(
                f"output_padding {self.output_padding} of {self.name} does not fit kernel_size {self.kernel_size} and "
                f"strides {self.strides}: a convolution of the output would not give the input's sizes {tuple(sizes)}"
            )
        shape = self.shape_placed((samples, *found, self.filters))
        return self.activation.compute_output_shape(shape)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"filters": self.filters, "output_padding": self.output_padding}


@layers.register("Convolution1DTranspose")
class Conv1DTranspose(ConvTranspose):
    """`ConvTranspose` over (batch, steps, channels)."""

    rank = 1


@layers.register("Convolution2DTranspose")
class Conv2DTranspose(ConvTranspose):
    """`ConvTranspose` over (batch, height, width, channels)."""

    rank = 2


@layers.register("Convolution3DTranspose")
class Conv3DTranspose(ConvTranspose):
    """`ConvTranspose` over (batch, depth, height, width, channels)."""

    rank = 3
