"""The tools of Keras' tests: Keras' own `ops`, `random`, `tree`, with NumPy arrays in and out; its Variable as ours."""

import types
import unittest
from collections.abc import Callable
from typing import Any

import numpy as np

from ...core import masks, variable
from ...layers import InputLayer, keras_tensor
from ...layers import policy as layer_policy
from .names import handnn, keras


def to_numpy(x: Any) -> Any:
    """Return x with Keras' tensors and variables as NumPy arrays."""
    if isinstance(x, keras.KerasTensor):
        return x
    if isinstance(x, keras.Variable):
        return np.asarray(x)
    if keras.ops.is_tensor(x) and hasattr(x, "numpy"):
        return np.asarray(x.numpy()).view(masks.MaskedArray)  # it can carry a mask, as a tensor can
    return _mapped(to_numpy, x)


def plain(x: Any) -> Any:
    """Return x with handnn's Variables as arrays, for functions of Keras."""
    return x.value if isinstance(x, variable.Variable) else _mapped(plain, x)


def _mapped(function: Callable[[Any], Any], x: Any) -> Any:
    if isinstance(x, tuple) and hasattr(x, "_fields"):
        return type(x)(*map(function, x))
    if isinstance(x, list | tuple):
        return type(x)(map(function, x))
    if isinstance(x, dict):
        return {key: function(value) for key, value in x.items()}
    return x


def on_arrays(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of Keras that takes and gives NumPy arrays."""

    def call(*arguments: Any, **options: Any) -> Any:
        return to_numpy(function(*plain(arguments), **plain(options)))

    call.__name__ = getattr(function, "__name__", "op")
    return call


class ArrayModule(types.ModuleType):
    """A module of Keras whose functions take and give NumPy arrays."""

    def __init__(self, real: types.ModuleType, **own: Any) -> None:
        super().__init__(real.__name__)
        self.__dict__.update(own, _real=real)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        value = getattr(self._real, name)
        if isinstance(value, types.ModuleType):
            return ArrayModule(value)
        return on_arrays(value) if callable(value) and not isinstance(value, type) else value


class _Variable(type):
    """keras.Variable as a class whose instances are handnn's Variables."""

    def __call__(cls, initializer: Any, *arguments: Any, **options: Any) -> Any:
        made = initializer
        if callable(initializer) and not isinstance(initializer, np.ndarray):

            def made(*given: Any, **named: Any) -> Any:
                return to_numpy(initializer(*given, **named))

        elif not isinstance(initializer, str):
            dtype = options.get("dtype")
            made = to_numpy(keras.ops.convert_to_tensor(plain(initializer), dtype=dtype))
        found = variable.Variable(made, *arguments, **options)
        scope = keras.src.backend.common.name_scope.current_path()
        found.path = f"{scope}/{found.name}" if scope else found.name
        return found

    def __instancecheck__(cls, x: Any) -> bool:
        return isinstance(x, variable.Variable)


class _KerasTensor(type):
    """keras.KerasTensor as a class whose instances are the tensors of handnn's layers."""

    def __call__(
        cls, shape: Any, dtype: Any = "float32", sparse: bool = False, ragged: bool = False, name: Any = None, **_: Any
    ) -> Any:
        if sparse or ragged:
            raise unittest.SkipTest("sparse and ragged tensors")
        return InputLayer(batch_shape=tuple(shape), dtype=dtype, name=name).tensor

    def __instancecheck__(cls, x: Any) -> bool:
        return isinstance(x, keras_tensor.KerasTensor)


Variable: Any = _Variable("Variable", (), {})
KerasTensor: Any = _KerasTensor("KerasTensor", (), {})


def both(ours: Callable[..., Any], theirs: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that sets a value in both libraries, and gives handnn's."""

    def call(*arguments: Any, **options: Any) -> Any:
        if arguments or options:
            theirs(*arguments, **options)
        return ours(*arguments, **options)

    return call


def clear_session(*_: Any, **__: Any) -> None:
    handnn.utils.clear_session()
    keras.utils.clear_session()


def convert_to_tensor(x: Any, dtype: Any = None, sparse: Any = None, ragged: Any = None) -> Any:
    """Return an array that can carry a mask, as a tensor can."""
    return np.asarray(to_numpy(keras.ops.convert_to_tensor(plain(x), dtype=dtype))).view(masks.MaskedArray)


def set_keras_mask(x: Any, mask: Any = None) -> None:
    x._keras_mask = mask


def _to_array(x: Any) -> Any:
    return np.asarray(plain(x))


def _is_array(x: Any) -> bool:
    return isinstance(x, np.ndarray)


TOOLS: dict[tuple[str, str], Any] = {
    ("", "Variable"): Variable,
    ("", "KerasTensor"): KerasTensor,
    ("backend", "Variable"): Variable,
    ("backend", "KerasTensor"): KerasTensor,
    ("backend", "convert_to_tensor"): convert_to_tensor,
    ("backend", "convert_to_numpy"): _to_array,
    ("backend", "is_tensor"): _is_array,
    ("backend", "floatx"): handnn.config.floatx,
    ("backend", "set_floatx"): both(handnn.config.set_floatx, lambda value: keras.config.set_floatx(value)),
    ("backend", "set_image_data_format"): both(
        handnn.config.set_image_data_format, lambda value: keras.config.set_image_data_format(value)
    ),
    ("backend", "clear_session"): clear_session,
    ("backend", "set_keras_mask"): set_keras_mask,
    ("backend", "get_keras_mask"): masks.mask_of,
    ("ops", "convert_to_tensor"): convert_to_tensor,
    ("ops", "convert_to_numpy"): _to_array,
    ("ops", "is_tensor"): _is_array,
    ("random", "SeedGenerator"): handnn.random.SeedGenerator,
    ("backend", "SeedGenerator"): handnn.random.SeedGenerator,
    ("dtype_policies", "serialize"): lambda policy: layer_policy(policy.name),
    ("ops", "less"): np.less,
    ("ops", "greater"): np.greater,
    ("utils", "clear_session"): clear_session,
    ("utils", "set_random_seed"): both(handnn.utils.set_random_seed, lambda seed: keras.utils.set_random_seed(seed)),
}
"""{(module, name): what a test gets in place of Keras' own}."""
