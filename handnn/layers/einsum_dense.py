"""EinsumDense: a Dense layer whose sums are given by an einsum equation."""

import copy
import re
from typing import Any, ClassVar, NamedTuple

import numpy as np

from .. import activations, constraints, initializers, regularizers
from ..core.trace import LayerTrace
from ..core.variable import Variable
from .base import Layer, layers, refuse
from .keras_errors import ADDED, added_elsewhere
from .keras_tensor import Shape
from .merging.base import summed_to

EQUATION = re.compile(r"(\.\.\.)?([a-zA-Z]+)(\.\.\.)?,([a-zA-Z]+)->(\.\.\.)?([a-zA-Z]+)(\.\.\.)?")
PAIR: Any = ["einsum_path", (0, 1)]
"""The contraction order. Two arrays have only one; giving it saves NumPy's search and uses the matrix product."""


class Einsum(NamedTuple):
    """An equation for a known input rank: the letters of x, W and z, and the resulting shapes."""

    x: str
    w: str
    z: str
    kernel_shape: tuple[int, ...]
    bias_shape: tuple[int, ...] | None
    output_shape: Shape
    input_axes: list[int]
    output_axes: list[int]


@layers.register()
class EinsumDense(Layer):
    """z = einsum(equation, x, W) + b, a = f(z).

    Letters missing from the output are summed over: 'ab,bc->ac' is z_ac = sum_b x_ab W_bc, a Dense layer. The
    derivative with respect to one factor is an einsum of delta and the other factor, with the letters swapped:

        dW = einsum('ab,ac->bc', x, delta)      dx = einsum('ac,bc->ab', delta, W)

    A letter that occurs only in x is summed before the product, so dx is constant along its axis. db is the sum of
    delta over the axes along which b is broadcast. docs/derivations/einsum.md

    Args:
        equation: 'ab,bc->ac', '...ab,bc->...ac' or 'ab...,bc->ac...'. Unlike in Keras, a letter may occur only once
            in each array.
        output_shape: sizes of the output's named axes after the first; None takes the size from the input (a later
            layer may need to know it).
        bias_axes: letters of the output for which b has an axis; None for no b.

    Raises:
        ValueError: equation is not of these forms, or output_shape or bias_axes do not fit it.
    """

    formulas: ClassVar[dict[str, str]] = {
        "z": "einsum(x, W) + b", "dW": "einsum(x, delta)", "db": "delta summed", "dx": "einsum(delta, W)"
    }  # fmt: skip

    def __init__(
        self,
        equation: str,
        output_shape: Any,
        activation: Any = None,
        bias_axes: str | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        lora_rank: None = None,
        lora_alpha: None = None,
        gptq_unpacked_column_size: None = None,
        quantization_config: None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        refuse(
            "EinsumDense", lora_rank=lora_rank, lora_alpha=lora_alpha, quantization_config=quantization_config,
            gptq_unpacked_column_size=gptq_unpacked_column_size,
        )  # fmt: skip
        self.equation = equation
        self._letters = _letters(equation)
        sizes = (output_shape,) if isinstance(output_shape, int | np.integer) else output_shape
        if not isinstance(sizes, list | tuple) or not all(s is None or (isinstance(s, int) and s > 0) for s in sizes):
            raise ValueError(f"output_shape must hold integers >= 1 or None; received {output_shape!r}")
        if bias_axes is not None and not (bias_axes and set(bias_axes) <= set(self._letters[3])):
            raise ValueError(f"bias_axes must be letters of the output {self._letters[3]!r}; received {bias_axes!r}")
        self.partial_output_shape = tuple(sizes)
        self.activation = activations.get(activation)
        self.bias_axes = bias_axes
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.einsum: Einsum
        self.kernel: Variable
        self.bias: Variable | None = None

    def make_weights(self, path: str) -> None:
        self.einsum = self.analysed(self.input_shape)
        shape, bias_shape = self.einsum.kernel_shape, self.einsum.bias_shape
        self.weights = []
        rules = self._initializer(), self.kernel_regularizer, self.kernel_constraint
        self.kernel = self.new_weight(path, "kernel", shape, *rules)
        if bias_shape is not None:
            rules = self.bias_initializer, self.bias_regularizer, self.bias_constraint
            self.bias = self.new_weight(path, "bias", bias_shape, *rules)

    def _initializer(self) -> Any:
        """Return the kernel's initializer, with fan-in and fan-out counted by the equation."""
        given = self.kernel_initializer
        if not isinstance(given, initializers.VarianceScaling) or None not in (given.input_axes, given.output_axes):
            return given
        fitted = copy.copy(given)
        fitted.input_axes, fitted.output_axes = self.einsum.input_axes, self.einsum.output_axes
        return fitted

    def forward(self, t: LayerTrace) -> None:
        e = self.einsum
        t.z = np.einsum(f"{e.x},{e.w}->{e.z}", t.x, self.kernel.value, out=t.z, optimize=PAIR)
        if self.bias is not None:
            t.z += self.bias.value

    def backward(self, t: LayerTrace) -> None:
        # dW = einsum("x,z->w", x, delta)      db = sum of delta over the broadcast axes
        # dx = einsum("z,w->x", delta, W), broadcast along the letters that occur only in x
        e = self.einsum
        t.gradients["kernel"] = np.einsum(
            f"{e.x},{e.z}->{e.w}", t.x, t.delta, out=t.gradients.get("kernel"), optimize=PAIR
        )
        if self.bias is not None:
            shape = self.bias.shape
            t.gradients["bias"] = summed_to(t.delta, shape, (1,) * (t.delta.ndim - len(shape)) + shape)
        if t.wants_dx:
            multiplied = "".join(letter for letter in e.x if letter in e.w + e.z)
            dx = np.einsum(f"{e.z},{e.w}->{multiplied}", t.delta, self.kernel.value, optimize=PAIR)
            once = [size if letter in multiplied else 1 for letter, size in zip(e.x, t.x.shape, strict=True)]
            t.dx = dx if multiplied == e.x else np.broadcast_to(dx.reshape(once), t.x.shape)

    def keras_wrong(self, t: LayerTrace) -> dict[str, str]:
        wrong = self.bias is not None and added_elsewhere(t.z.shape, self.bias.shape)
        return dict.fromkeys(("z", "db"), ADDED) if wrong else {}

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return self.analysed(input_shape).output_shape

    def analysed(self, input_shape: Shape) -> Einsum:
        """Return the equation with letters in place of the dots, and the shapes of W, b and z, for this input shape."""
        before, x, w, z, behind = self._letters
        dots = len(input_shape) - len(x)
        if dots < 0 or (dots and not before and not behind):
            raise ValueError(f"{self.name}: equation {self.equation!r} does not fit inputs of shape {input_shape}")
        unused = [
            letter for letter in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" if letter not in x + w + z
        ]
        more = "".join(unused[:dots])
        x, z = (more + x, more + z) if before else (x + more, z + more)
        sizes = dict(zip(x, input_shape, strict=True))
        first, last = ([sizes[c] for c in more], []) if before else ([], [sizes[c] for c in more])
        named = self.partial_output_shape if first else (input_shape[0], *self.partial_output_shape)
        output_shape = (*first, *named, *last)
        if len(output_shape) != len(z):
            raise ValueError(
                f"{self.name}: output_shape must have a size for each letter of {self._letters[3]!r} except the "
                f"batch; received {self.partial_output_shape}"
            )
        outputs = dict(zip(z, output_shape, strict=True))
        for letter, size in outputs.items():
            if letter in sizes and size not in (None, sizes[letter]):
                raise ValueError(f"{self.name}: axis {letter!r} has size {sizes[letter]} in x, {size} in output_shape")
        kernel_shape = [outputs[letter] if letter in outputs else sizes[letter] for letter in w]
        bias_shape = None
        if self.bias_axes is not None:
            axes = z[min(z.index(letter) for letter in self.bias_axes) :]
            bias_shape = tuple(outputs[letter] if letter in self.bias_axes else 1 for letter in axes)
        if None in (*kernel_shape, *(bias_shape or ())):
            raise ValueError(f"{self.name}: output_shape must name the sizes that kernel and bias need")
        return Einsum(
            x, w, z, tuple(kernel_shape), bias_shape, output_shape,  # type: ignore[arg-type]
            [i for i, letter in enumerate(w) if letter not in outputs],
            [i for i, letter in enumerate(w) if letter in outputs],
        )  # fmt: skip

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "output_shape": self.partial_output_shape,
            "equation": self.equation,
            "activation": activations.serialize(self.activation),
            "bias_axes": self.bias_axes,
            "kernel_initializer": initializers.serialize(self.kernel_initializer),
            "bias_initializer": initializers.serialize(self.bias_initializer),
            "kernel_regularizer": regularizers.serialize(self.kernel_regularizer),
            "bias_regularizer": regularizers.serialize(self.bias_regularizer),
            "activity_regularizer": regularizers.serialize(self.activity_regularizer),
            "kernel_constraint": constraints.serialize(self.kernel_constraint),
            "bias_constraint": constraints.serialize(self.bias_constraint),
            "quantization_config": None,
        }


def _letters(equation: Any) -> tuple[bool, str, str, str, bool]:
    """Return (leading dots?, letters of x, of W, of z, trailing dots?)."""
    found = EQUATION.fullmatch(equation) if isinstance(equation, str) else None
    if found is not None:
        before, x, behind, w, before_z, z, behind_z = found.groups()
        if before == before_z and behind == behind_z and not (before and behind) and not (behind and len(x) < 2):
            once = all(len(set(letters)) == len(letters) for letters in (x, w, z))
            if once and set(w) <= set(x + z) and set(z) <= set(x + w):
                return bool(before), x, w, z, bool(behind)
    raise ValueError(
        "equation must be of the form 'ab,bc->ac', '...ab,bc->...ac' or 'ab...,bc->ac...', each letter once per "
        f"array, W's letters in x or z, z's letters in x or W; received {equation!r}"
    )
