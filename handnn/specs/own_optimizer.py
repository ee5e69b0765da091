"""Optimizers of one's own: a class in a file, of handnn, Keras or plain NumPy, as an `Optimizer` that trains.

    my_rules.py:MyAdam             the class, with its own defaults
    my_rules.py:MyAdam(beta=0.8)   with arguments

A NumPy class takes its learning rate as an argument, and has a method that takes all weights and all gradients, as two
lists of arrays. It changes the weights in place or returns new ones:

    class MySGD:
        def __init__(self, learning_rate=0.1): ...
        def step(self, weights, gradients): ...
"""

import hashlib
import importlib.util
import inspect
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..core.variable import Array
from ..optimizers import Optimizer

RATES = ("learning_rate", "lr", "rate", "alpha", "step_size", "eta")
METHODS = ("step", "update", "apply", "update_params", "update_parameters", "optimize", "__call__")
WEIGHTS = ("weights", "params", "parameters", "variables", "arrays", "values", "xs", "ws", "thetas", "x", "w", "theta")
GRADIENTS = ("gradients", "grads", "gs", "dws", "dxs", "gradient", "grad", "g", "dw", "dx")
USUAL_RATE = 0.01


class Place(NamedTuple):
    """A class in a file, as a label names it."""

    file: str
    name: str


def place(text: str) -> Place | None:
    """Return the file and class of 'my_rules.py:MyAdam'; None for a name of handnn's own."""
    found = re.fullmatch(r"\s*([^():]+\.py):(\w+)\s*", text)
    return None if found is None else Place(found[1], found[2])


def digest(file: str) -> str:
    """Return a digest of a file; raise ValueError if it cannot be read."""
    try:
        return hashlib.sha256(Path(file).read_bytes()).hexdigest()[:16]
    except OSError as error:
        raise ValueError(f"{file} cannot be read: {error.strerror}") from None


def load(own: Place) -> Any:
    """Return the class, or a function that makes an optimizer.

    Raises:
        ValueError: the file cannot be read or run, or has no class of this name.
    """
    name = f"_own_optimizers_{digest(own.file)}"
    module = sys.modules.get(name)
    if module is None:
        spec = importlib.util.spec_from_file_location(name, own.file)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
        except Exception as error:
            raise ValueError(f"{own.file} cannot be run: {type(error).__name__}: {error}") from None
        sys.modules[name] = module
    found = getattr(module, own.name, None)
    if not callable(found):
        classes = [key for key, value in vars(module).items() if inspect.isclass(value) and value.__module__ == name]
        raise ValueError(f"{own.file} has no class {own.name}; it has {', '.join(classes) or 'none'}")
    return found


def default_rate(make: Any) -> float:
    """Return the learning rate that a class has by default, 0.01 if it has none."""
    default = getattr(_arguments(make).get(_rate_name(make)), "default", None)
    return float(default) if isinstance(default, int | float) and default > 0 else USUAL_RATE


def adapted(make: Any, options: dict[str, Any], name: str) -> Optimizer:
    """Return the optimizer of a class and its arguments; `learning_rate` gets the name that the class has for it.

    Raises:
        ValueError: the class refuses an argument, or is none of the three kinds.
    """
    given, rate = dict(options), _rate_name(make)
    if "learning_rate" in given:
        given[rate] = given.pop("learning_rate")

    def made() -> Any:
        try:
            return make(**given)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{name}: {str(error).partition('__init__() ')[2] or error}") from None

    first = made()
    if isinstance(first, Optimizer):
        return first
    if _is_keras(first):
        return _KerasRule(made, name)
    method, weights_first = _method(first, name)
    return _NumPyRule(made, name, method, weights_first)


def _arguments(make: Any) -> Any:
    try:
        return inspect.signature(make).parameters
    except (TypeError, ValueError):
        return {}


def _rate_name(make: Any) -> str:
    """Return what a class calls its learning rate.

    Raises:
        ValueError: it has no such argument.
    """
    known = _arguments(make)
    for name in RATES:
        if name in known:
            return name
    if not known or any(own.kind is inspect.Parameter.VAR_KEYWORD for own in known.values()):
        return RATES[0]
    raise ValueError(f"{getattr(make, '__name__', make)} must take its learning rate as one of {', '.join(RATES)}")


def _is_keras(given: Any) -> bool:
    return any(cls.__module__.startswith("keras.") and cls.__name__ == "BaseOptimizer" for cls in type(given).__mro__)


def _method(given: Any, name: str) -> tuple[str, bool]:
    """Return the method that takes weights and gradients, and whether the weights come first."""
    for method in METHODS:
        if not callable(getattr(given, method, None)):
            continue
        names = [argument.lower() for argument in _arguments(getattr(given, method))]
        kinds = [("w" if own in WEIGHTS else "g" if own in GRADIENTS else "") for own in names[:2]]
        if kinds in (["w", "g"], ["g", "w"]):
            return method, kinds[0] == "w"
    raise ValueError(
        f"{name} must be an optimizer of handnn or Keras, or have a method step(weights, gradients) of lists of arrays"
    )


class _Own(Optimizer):
    """The loop around a rule that keeps its own state: `make` gives a new one."""

    elementwise = False

    def __init__(self, make: Callable[[], Any], name: str) -> None:
        self.make = make
        super().__init__(0.0, name=re.sub(r"\W+", "_", name))

    def _reset(self) -> None:
        super()._reset()
        self.rule = self.make()

    def take_step(self, gradients: list[Any], variables: list[Any], xs: list[Array]) -> None:
        given = [np.zeros_like(x) if g is None else g for g, x in zip(gradients, xs, strict=True)]
        self.step(given, xs)
        for i, constraint in self._constraints:
            np.copyto(xs[i], constraint(xs[i]))
        self._iterations += 1

    def step(self, gradients: list[Array], xs: list[Array]) -> None:
        """Change the weights in place."""
        raise NotImplementedError


class _KerasRule(_Own):
    """A Keras optimizer, on Keras variables that get the weights before each step and give them back after it."""

    def step(self, gradients: list[Array], xs: list[Array]) -> None:
        import keras

        if not self._iterations:
            self.kept = [keras.Variable(x, dtype=x.dtype.name, name=f"w{i}") for i, x in enumerate(xs)]
            self.rule.build(self.kept)
        for variable, x in zip(self.kept, xs, strict=True):
            variable.assign(x)
        self.rule.apply([keras.ops.convert_to_tensor(g) for g in gradients], self.kept)
        for variable, x in zip(self.kept, xs, strict=True):
            np.copyto(x, keras.ops.convert_to_numpy(variable))


class _NumPyRule(_Own):
    """A NumPy class: its method changes the weights, or returns new ones."""

    def __init__(self, make: Callable[[], Any], name: str, method: str, weights_first: bool) -> None:
        super().__init__(make, name)
        self.method, self.weights_first, self.label = method, weights_first, name

    def step(self, gradients: list[Array], xs: list[Array]) -> None:
        given = [g.copy() for g in gradients]
        found = getattr(self.rule, self.method)(*((xs, given) if self.weights_first else (given, xs)))
        if found is None:
            return
        arrays = [np.asarray(part) for part in found]
        if [a.shape for a in arrays] != [x.shape for x in xs]:
            wanted, came = [x.shape for x in xs], [a.shape for a in arrays]
            raise ValueError(f"{self.label}.{self.method} must return arrays of shapes {wanted}; it returned {came}")
        for x, array in zip(xs, arrays, strict=True):
            np.copyto(x, array)
