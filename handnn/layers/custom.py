"""Layers of the user's own: `Lambda`, and how a subclass of `Layer` in Keras' form becomes one of handnn.

A subclass defines `build(self, input_shape)`, with `self.add_weight(...)`, and `call(self, x)`, the formula for z. To
train through it, it also defines its hand-derived `backward(self, t)`:

    t.gradients["w"] = ...        dL/dw of every weight by its name, from t.delta = dL/dz and t.x
    t.dx = ...                    dL/dx

A layer without weights of its own, whose `call` only calls other layers and does arithmetic with what they return,
needs none: a model takes the graph of these calls in its place (models/nesting.py).
"""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from ..core import functions
from ..core.trace import LayerTrace
from .base import Layer
from .calls import following
from .keras_tensor import Shape


def adopt(cls: type[Layer]) -> None:
    """Let a subclass that defines `call` or `build` in Keras' form be a layer of handnn."""
    own: Any = cls
    if "call" in cls.__dict__ and "forward" not in cls.__dict__:
        parameters = inspect.signature(cls.__dict__["call"]).parameters

        def forward(self: Any, t: LayerTrace) -> None:
            known = {"training": t.training, "mask": t.input_mask}
            z = np.asarray(self.call(t.x, **{name: value for name, value in known.items() if name in parameters}))
            t.z = self.cast(z) if z.dtype.kind == "f" else z  # NumPy computes in float64 with some functions

        own.forward = forward
        if not any("backward" in base.__dict__ for base in cls.__mro__[:-1] if base is not Layer):
            own.backward, own.composes = _no_backward, True
        if "compute_output_shape" not in cls.__dict__:
            own.compute_output_shape = shape_by_trying
    if "compute_mask" in cls.__dict__ and "supports_masking" not in cls.__dict__:
        own.supports_masking = own.creates_mask = True
    build = cls.__dict__.get("build")
    if build is not None and "path" not in inspect.signature(build).parameters:

        def build_at(self: Any, input_shape: Any, path: str | None = None) -> None:
            self.weights, self._path = [], f"{path}/{self.name}" if path else self.name
            build(self, input_shape)
            self.input_shape = [tuple(s) for s in input_shape] if self.merges else tuple(input_shape)

        own.build = build_at


def _no_backward(self: Any, t: LayerTrace) -> None:
    names = ", ".join(f"t.gradients[{weight.name!r}]" for weight in self.trainable_weights)
    why = getattr(self, "not_followed", "")
    raise TypeError(
        f"{type(self).__name__} {self.name} has no derivative, so nothing can be trained through it: write "
        f"backward(self, t), which sets {names + ' and ' if names else ''}t.dx from t.delta = dL/dz and t.x"
        + (f" (its call is not made of layers alone: {why})" if why else "")
    )


def shape_by_trying(self: Any, input_shape: Any) -> Shape:
    """Return the output's shape by a call on zeros, with 2 and with 3 in the place of unknown sizes."""
    if not self.built:
        self.build(input_shape)
    several = bool(input_shape) and isinstance(input_shape[0], list | tuple)
    before = [weight.numpy() for weight in self.weights]  # a call may change them, such as a counter
    shapes, outer = [], following.set(None)
    for size in (2, 3):
        given = [[size if n is None else n for n in shape] for shape in (input_shape if several else [input_shape])]
        x = [np.zeros(shape, self.dtype) for shape in given]
        with np.errstate(all="ignore"):
            t = LayerTrace(self.name)
            t.x = tuple(x) if several else x[0]
            self.forward(t)
            shapes.append(np.shape(t.z))
    following.reset(outer)
    for weight, value in zip(self.weights, before, strict=True):
        weight.value[...] = value
    return tuple(a if a == b else None for a, b in zip(*shapes, strict=True))


def _parameters(function: Any) -> Any:
    """Return the names of a function's parameters; none for a function of C."""
    try:
        return inspect.signature(function).parameters
    except (TypeError, ValueError):
        return {}


class Lambda(Layer):
    """z = function(x): any function of arrays.

    Args:
        function: of x, and of `arguments`. For training through it, `function.backward(delta, x)` returns dL/dx.
        output_shape: of one sample; by default found by a call on zeros.
        mask: the output's mask, or a function (x, mask) that returns it; by default it has none.
        arguments: further arguments of the function.

    Raises:
        TypeError: in training, when a gradient has to go through a function without `backward`.
    """

    builds = False

    def __init__(
        self,
        function: Callable[..., Any],
        output_shape: Any = None,
        mask: Any = None,
        arguments: dict[str, Any] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        if not callable(function):
            raise TypeError(f"function must be a function of arrays; received {type(function).__name__}")
        self.function, self.arguments = function, dict(arguments or {})
        self._output_shape = output_shape
        self.mask = mask
        self.supports_masking = self.creates_mask = mask is not None
        self._takes_mask = "mask" in _parameters(function)

    @property
    def differentiable(self) -> bool:  # type: ignore[override]
        return hasattr(self.function, "backward")

    def forward(self, t: LayerTrace) -> None:
        own = {"mask": t.input_mask} if self._takes_mask else {}
        t.z = np.asarray(self.function(t.x, **self.arguments, **own))

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """Return the mask that was given, or what the function that was given returns."""
        return self.mask(inputs, previous_mask) if callable(self.mask) else self.mask

    def backward(self, t: LayerTrace) -> None:
        if not t.wants_dx:
            return
        derivative = getattr(self.function, "backward", None)
        if derivative is None:
            raise TypeError(
                f"the function of {self.name} has no derivative, so nothing below it can be trained: write "
                "function.backward = lambda delta, x: ..., which returns dL/dx from delta = dL/dz"
            )
        t.dx = np.asarray(derivative(t.delta, t.x, **self.arguments))

    def compute_output_shape(self, input_shape: Any) -> Shape:
        if callable(self._output_shape):
            return tuple(self._output_shape(input_shape))
        if self._output_shape is not None:
            return (input_shape[0], *self._output_shape)
        return shape_by_trying(self, input_shape)

    def get_config(self) -> dict[str, Any]:
        shape = functions.written(self._output_shape) if callable(self._output_shape) else self._output_shape
        own = {"function": functions.written(self.function), "arguments": self.arguments}
        return super().get_config() | own | ({} if shape is None else {"output_shape": shape})

    @classmethod
    def from_config(cls, config: dict[str, Any], safe_mode: bool | None = None) -> "Lambda":
        """Return the layer; a lambda is only read with safe_mode=False, here or of `load_model`."""
        read = {
            name: functions.read(config[name], f"the {name} of a Lambda", safe_mode)
            for name in ("function", "output_shape")
            if isinstance(config.get(name), dict)
        }
        return cls(**config | read)
