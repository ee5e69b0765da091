"""The base class of activations: a = f(z), and the vector-Jacobian product from dL/da to dL/dz.

`backward(upstream, z, a)` returns the residual delta = dL/dz from upstream = dL/da. For an elementwise function this
is upstream * f'(z); softmax mixes the elements of a row and has the same signature.

To add one: write a class with `forward` and `backward`, declare its kinks, register an instance. Every test, the
command line and `Dense(activation=...)` find it in the registry. `out=` is an array to write into; it never shares
memory with the inputs. The constructor takes the arguments of Keras' function. The registered instance has Keras'
defaults and also takes arguments when called: `leaky_relu(z, negative_slope=0.1)` is `LeakyRelu(0.1)(z)`.
"""

import functools
import inspect
import math
from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np

from ..config import floatx
from ..core import custom
from ..core.registry import Registry, class_and_config
from ..core.stacking import is_handnns
from ..core.variable import Array, Variable, as_array

activations: Registry["Activation"] = Registry("activation")

without_defaults: dict[str, type["Activation"]] = {}
"""Classes whose arguments have no defaults, by name. They have no instance in the registry."""


class Activation:
    """Base class.

    `kinks` are the z at which f has no derivative; there `backward` returns what TensorFlow returns.

    `keras_forward(z)` and `keras_backward(upstream, z, a)` are optional: Keras' formula, if handnn uses another one
    that loses fewer digits. Only `verify` calls them, on `Bounded` arrays, to bound the rounding error of Keras.

    Raises:
        ValueError: an argument whose value is not allowed; the message names the argument and the value.
    """

    name: ClassVar[str]
    kinks: tuple[float, ...] = ()
    analytic: bool = True
    """Whether forward works on complex z, so that the complex step can check backward."""
    elementwise: ClassVar[bool] = True
    has_logits: ClassVar[bool] = False
    """Whether Keras keeps z of this activation (`_keras_logits`), so that its cross-entropies use z in place of a."""
    image: ClassVar[tuple[float, float] | None] = None
    """Least and largest value of f, if it has both: no rounding error of z takes f(z) out of them."""
    examples: ClassVar[tuple[dict[str, Any], ...]] = ()
    """Arguments that tests use besides the defaults."""
    layer: ClassVar[str | None] = None
    """The layer class with the same arguments."""
    calibrated: ClassVar[str | None] = None
    """The function whose measured error relative to |f(z)| applies here; None for this activation's own."""
    keras_wrong: ClassVar[str] = ""
    """Why Keras' result is not f(z) at some points. handnn's is, and is not compared with Keras' there."""

    def forward(self, z: Array, out: Array | None = None) -> Array:
        """Return a = f(z), of the shape of z unless `compute_output_shape` says otherwise."""
        raise NotImplementedError

    def backward(self, upstream: Array, z: Array, a: Array, out: Array | None = None) -> Array:
        """Return delta = dL/dz, of the shape of z, from upstream = dL/da, of the shape of a."""
        raise NotImplementedError

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of a for a z of this shape."""
        return tuple(shape)

    def can_stack(self) -> bool:
        """Return whether forward and backward take arrays with one more leading axis."""
        return is_handnns(self) and (self.elementwise or getattr(self, "axis", None) == -1)

    def keras_right(self, z: Array) -> Array | None:
        """Return a mask, of the shape of z, of where Keras computes f and its gradient; None means everywhere."""
        return None

    def get_config(self) -> dict[str, Any]:
        """Return the arguments by name."""
        cls: Any = type(self)
        return {argument: getattr(self, argument) for argument in arguments_of(cls)}

    def __call__(self, z: Any, *arguments: Any, **options: Any) -> Array:
        """Return f(z); of a symbolic tensor, the tensor of an operation. Arguments of the constructor may follow z.

        Raises:
            TypeError: an argument that the activation does not have, or z holds no numbers.
        """
        if arguments or options:
            return self._with(*arguments, **options)(z)
        if hasattr(z, "activated"):
            return z.activated(self)
        array = as_array(z)
        keeps = array is z or isinstance(z, Variable)
        return self.forward(array if keeps and array.dtype.kind in "fc" else array.astype(floatx()))

    def _with(self, *arguments: Any, **options: Any) -> "Activation":
        own = self.get_config()
        if len(arguments) > len(own):
            raise TypeError(f"{self.name} takes z and {len(own)} arguments; received {len(arguments)}")
        if unknown := sorted(options.keys() - own.keys()):
            known = ", ".join(own) or "none"
            raise TypeError(f"{self.name} has no argument {', '.join(map(repr, unknown))}; it has {known}")
        return type(self)(**(own | dict(zip(own, arguments, strict=False)) | options))

    def __repr__(self) -> str:
        own = self.get_config()
        if self.name in activations and activations[self.name].get_config() == own:
            return f"handnn.activations.{self.name}"
        arguments = ", ".join(f"{key}={value!r}" for key, value in own.items())
        return f"handnn.activations.{type(self).__name__}({arguments})"


@functools.cache
def arguments_of(cls: Any) -> tuple[str, ...]:
    """Return the names of the constructor's arguments (cached: every config asks for them)."""
    return tuple(inspect.signature(cls).parameters)


def register(entry: Activation, *aliases: str) -> Any:
    """Add an instance with Keras' defaults to the registry and return it."""
    return activations.add(entry, entry.name, *aliases)


def cases() -> Iterator[Activation]:
    """Yield every activation with Keras' defaults and with each set of arguments of its `examples`."""
    for _, entry in activations.items():
        yield entry
        yield from (type(entry)(**arguments) for arguments in entry.examples)
    for cls in without_defaults.values():
        yield from (cls(**arguments) for arguments in cls.examples)


# ---- arguments ----------------------------------------------------------------------------------------------------


def number(value: Any, argument: str) -> float:
    """Return value; raise ValueError if it is not a finite real number."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not math.isfinite(value):
        raise ValueError(f"{argument} must be a finite number; received {value!r}")
    return value  # type: ignore[return-value]


def held_in_float32(value: float) -> float:
    """Return value rounded to float32, as Keras does with some arguments even in a float64 network."""
    return float(np.float32(value))


def one_axis(axis: Any) -> int:
    """Return axis as an int; raise ValueError if it is not an integer."""
    if isinstance(axis, bool) or not isinstance(axis, int | np.integer):
        raise ValueError(f"axis must be an integer; received {axis!r}")
    return int(axis)


def axes(axis: Any) -> int | tuple[int, ...] | None:
    """Return axis if it is an integer, a list of different integers, or None for all; raise ValueError otherwise."""
    if isinstance(axis, tuple | list) and axis:
        found = tuple(map(one_axis, axis))
        if len(set(found)) < len(found):
            raise ValueError(f"axis must hold different integers; received {axis!r}")
        return found
    return None if axis is None else one_axis(axis)


def choose(condition: Array, x: Any, y: Any, out: Array | None = None) -> Array:
    """`np.where` with `out=`."""
    found = np.where(condition, x, y)
    if out is None:
        return found
    out[...] = found
    return out


# ---- names --------------------------------------------------------------------------------------------------------


of_function: Any = None
"""Makes an Activation of a user's function; set by the package, from `custom.py`."""


def get(identifier: Any) -> Activation:
    """Return an activation from a name, a Keras config, an instance or None (linear).

    Raises:
        ValueError: the name is unknown, or the activation has no defaults.
        TypeError: identifier is something else.
    """
    if identifier is None:
        return activations["linear"]
    if isinstance(identifier, Activation):
        return identifier
    if isinstance(identifier, dict):
        identifier = class_and_config(identifier, "activation")[0]
    if isinstance(identifier, str):
        if identifier in without_defaults:
            cls = without_defaults[identifier]
            arguments = ", ".join(inspect.signature(cls).parameters)
            raise ValueError(f"activation {identifier!r} needs its arguments: activations.{cls.__name__}({arguments})")
        found: Any = activations[identifier]
        return found if isinstance(found, Activation) else of_function(found)
    if callable(identifier) and not isinstance(identifier, type):
        return of_function(identifier)
    raise TypeError(f"activation must be a name or an Activation; received {type(identifier).__name__}")


def deserialize(config: Any) -> Activation:
    """Return an activation from Keras' serialised form; raises as `get`."""
    return get(config)


def serialize(activation: Activation) -> Any:
    """Return Keras' serialised form, the name.

    Raises:
        ValueError: the activation has arguments other than the defaults, which a name cannot hold.
    """
    if not isinstance(activation, Activation) or hasattr(activation, "fn"):
        return _of_users(activation)
    name = activation.name
    default = activations[name].get_config() if name in activations else None
    own = activation.get_config()
    if name in without_defaults or default not in (None, own):
        changed = ", ".join(f"{k}={v!r}" for k, v in own.items() if default is None or v != default[k])
        instead = f"use layers.{activation.layer}" if activation.layer else "use a custom layer class"
        raise ValueError(
            f"activation {name} with {changed} cannot be serialised, as in Keras: a config holds its name; {instead}"
        )
    return name


def _of_users(activation: Any) -> dict[str, Any]:
    """Return the serialised form of a user's function."""
    name = custom.get_registered_name(getattr(activation, "fn", activation))
    if custom.get_registered_object(name) is None:
        raise ValueError(f"activation {name} cannot be serialised: register it with register_keras_serializable")
    return {"module": "builtins", "class_name": "function", "config": name, "registered_name": "function"}
