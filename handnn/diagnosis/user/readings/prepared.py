"""Objects made ready: gradients cleared, told their input shape and optimizer, built by a first call."""

import contextlib
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from ..call.making import OUT
from ..call.world import walk
from ..source.syntax import source_of
from ..source.words import TRAINING, bare, gradient_names
from .bind import Reader
from .data import Data
from .roles import keywords, parameters
from .ways import training_methods

ZERO = (
    "zero_grad", "zero_grads", "zero_gradients", "zerograd", "reset_gradients", "reset_grads", "reset_grad", "zeroGrad",
)  # fmt: skip
SHAPE = re.compile("_?in(put)?_?shape")
"""Where a layer keeps the shape of one sample, which the network tells it."""
INITIALIZE = (
    "initialize",
    "init_weights",
    "initialize_weights",
    "init_params",
    "build",
    "setup",
    "_setup",
    "prepare_layer",
)


class PlainSteps:
    """The optimizer for layers that update themselves: steps of gradient descent with the rate 1, by any method.

    It is given arrays, lists or dicts of weights, or the layer itself, and as many gradients.
    """

    learning_rate = lr = 1.0

    def __init__(self, returns: bool = True) -> None:
        self.returns = returns

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._step

    def __call__(self, *given: Any, **named: Any) -> Any:
        return self._step(*given, **named)

    def _step(self, *given: Any, **named: Any) -> Any:
        groups = [_arrays(value) for value in [*given, *named.values()]]
        dicts = [value for value in given if isinstance(value, dict)]
        if dicts:
            return self._by_name(given[0], dicts[-1])
        several = [group for group in groups if group]
        if len(several) == 2:
            weights, gradients = several
        else:
            arrays = [array for group in several for array in group]
            half = len(arrays) // 2
            weights, gradients = arrays[:half], arrays[half:]
            if any(np.shape(w) != np.shape(g) for w, g in zip(weights, gradients, strict=False)):
                weights, gradients = arrays[::2], arrays[1::2]
        stepped = [self._less(w, g) for w, g in zip(weights, gradients, strict=False)]
        return stepped[0] if len(stepped) == 1 and not isinstance(given[0], list | tuple) else stepped

    def _by_name(self, holder: Any, gradients: dict[str, Any]) -> Any:
        """Step every weight that a dict, or an object, has for a gradient of its name."""
        own = holder if isinstance(holder, dict) else vars(holder)
        for weights in [own, *(value for value in own.values() if isinstance(value, dict) and value is not gradients)]:
            for name, gradient in gradients.items():
                known = next(
                    (
                        n
                        for n in weights
                        if (n == name or bare(name) in gradient_names(n)) and np.shape(weights[n]) == np.shape(gradient)
                    ),
                    None,
                )
                if known is not None:
                    weights[known] = weights[known] - gradient
        return holder

    def _less(self, w: Any, gradient: Any) -> Any:
        if self.returns or not isinstance(w, np.ndarray):
            return w - gradient
        w -= gradient
        return w


def _arrays(value: Any) -> list[Any]:
    """Return an array, or those of a list."""
    if isinstance(value, list | tuple) and value and all(isinstance(one, np.ndarray) for one in value):
        return list(value)
    return [value] if isinstance(value, np.ndarray) else []


def with_plain_steps(make: Callable[[], Any]) -> Callable[[], Any] | None:
    """Return a maker of objects whose own optimizers are replaced by plain ones; None if they have none.

    The gradients are in the steps then, whatever rule the object takes them by.
    """
    built: Any = make()
    cls: Any = type(built)
    names = [name for name, value in getattr(built, "__dict__", {}).items() if "opt" in name.lower() and _steps(value)]
    text = source_of(cls)
    places = {name: re.search(rf"= *self\.{name.lstrip('_')}\.\w+\(", text) is not None for name in names}
    if not names:
        return None

    def build() -> Any:
        built = make()
        for name, returns in places.items():
            vars(built)[name] = PlainSteps(returns)
        return built

    return build


def _steps(value: Any) -> bool:
    """Return whether a value may be an optimizer, or the place for one."""
    return value is None or not isinstance(value, np.ndarray | str | int | float | dict | list | tuple | type)


def prepared(make: Callable[[], Any]) -> Callable[[], Any]:
    """Return a maker that also clears gradients and switches to training, where the object can."""

    def build() -> Any:
        built = make()
        for name in ZERO:
            clear = getattr(built, name, None)
            if callable(clear) and not parameters(clear):
                try:
                    clear()
                except Exception:  # nothing to clear yet
                    continue
        for name, value in list(getattr(built, "__dict__", {}).items()):
            if value is False and bare(name) in TRAINING:
                setattr(built, name, True)
        return built

    return build


def _wanted(name: str, size: tuple[int, ...], one: tuple[int, ...]) -> Any:
    """Return what an object is told when it is made ready: its optimizer, a generator, the shape of its input.

    Args:
        size: the shape of its input. one: that of one sample.
    """
    if "opt" in name:
        return PlainSteps()
    if "rng" in name or "random" in name:
        return np.random.RandomState(3)
    if re.search("neuron|units|dim|feature|nodes", name):
        return one[-1] if one else size[-1]
    return size if len(size) > 1 and "input" in name and name.startswith("X") else one


def initialised(reader: Reader, built: Any, data: Data) -> Iterator[Reader]:
    """Yield the reader, of objects that are told their input shape and optimizer where they want to know them."""
    size = np.shape(next(iter(data.draw(0, 0).values()), 0.0))
    one = size[:-1] if data.axis == 0 else size[1:]
    make = reader.context.make
    if make is None:
        yield reader
        return
    name = next((n for n in INITIALIZE if callable(getattr(built, n, None))), None)
    setter = callable(getattr(built, "set_input_shape", None))
    open_ = [n for n, v in getattr(built, "__dict__", {}).items() if v is None and SHAPE.fullmatch(n.lower())]
    told = make
    if name is not None or setter or open_:

        def told() -> Any:
            layer = make()
            for shape in open_:
                setattr(layer, shape, one)
            if setter:
                layer.set_input_shape(one)
            if name is not None:
                wanted = [p for p in parameters(getattr(layer, name)) if p.default is p.empty]
                try:
                    getattr(layer, name)(*(_wanted(p.name, size, one) for p in wanted))
                except Exception:  # it wants to know more
                    if not any(True for _ in walk(make())):
                        raise
                    return make()  # with the weights that its constructor made
            return layer

    yield reader.made_by(told)


def trained_once(reader: Reader, data: Data) -> Iterator[Reader]:
    """Yield the reader, of objects whose training method, which makes their weights, was called once.

    With labels 0 and 1, and with some that are one hot; with itself if it makes none.
    """
    make = reader.context.make
    given = list(data.draw(0, 0).values())[:1]
    count = np.shape(given[0])[0] if given and np.ndim(given[0]) else 1
    flat = np.arange(count) % 2
    assert make is not None

    def told(step: str, labels: Any) -> Any:
        trained = make()
        with contextlib.suppress(Exception):  # labels of another form
            train = getattr(trained, step)
            train(*given, labels, **{name: ref({}) for name, ref in keywords(train).items()})
        return trained

    forms = [flat.astype("float64"), flat[:, np.newaxis].astype("float64"), np.eye(OUT)[np.arange(count) % OUT], flat]
    others = training_methods(reader.built) if reader.way.backward else []
    steps = dict.fromkeys([reader.way.forward[0].function.__name__, *others])
    fitting = [(n, form) for n in steps for form in forms if any(True for _ in walk(told(n, form)))]
    for name, labels in fitting[:2] if fitting and np.ndim(fitting[0][1]) > 1 else fitting[:1]:
        yield reader.made_by(partial(told, name, labels))
    if not fitting:
        yield reader
