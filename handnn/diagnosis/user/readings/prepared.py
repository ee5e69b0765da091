"""Objects made ready: gradients cleared, told their input shape and optimizer, built by a first call."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .bind import Reader
from .data import Data
from .roles import parameters

ZERO = (
    "zero_grad", "zero_grads", "zero_gradients", "zerograd", "reset_gradients", "reset_grads", "reset_grad", "zeroGrad",
)  # fmt: skip
INITIALIZE = ("initialize", "init_weights", "initialize_weights", "init_params", "build", "setup", "_setup")


TRAINING_FLAGS = ("training", "is_training", "train_mode", "_training", "in_training")


class _Plain:
    """The optimizer for layers that update themselves: one step with the rate 1."""

    learning_rate = lr = 1.0

    def update(self, w: Any, gradient: Any) -> Any:
        """Return w - gradient."""
        return w - gradient

    step = apply = __call__ = update


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
        for name in TRAINING_FLAGS:
            if getattr(built, "__dict__", {}).get(name) is False:
                setattr(built, name, True)
        return built

    return build


def _wanted(name: str, size: tuple[int, ...]) -> Any:
    """Return what an object is told when it is made ready: its optimizer, a generator, the shape of its input."""
    if "opt" in name:
        return _Plain()
    if "rng" in name or "random" in name:
        return np.random.RandomState(3)
    return size if len(size) > 1 and "input" in name and name.startswith("X") else size[1:]


def initialised(reader: Reader, built: Any, data: Data) -> Iterator[Reader]:
    """Yield the reader, of objects that are told their input shape and optimizer where they want to know them."""
    size = np.shape(next(iter(data.draw(0, 0).values()), 0.0))
    make = reader.context.make
    if make is None:
        yield reader
        return
    name = next((n for n in INITIALIZE if callable(getattr(built, n, None))), None)
    told = make
    if name is not None or callable(getattr(built, "set_input_shape", None)):

        def told() -> Any:
            layer = make()
            if callable(getattr(layer, "set_input_shape", None)):
                layer.set_input_shape(size[1:])
            if name is not None:
                wanted = [p for p in parameters(getattr(layer, name)) if p.default is p.empty]
                getattr(layer, name)(*(_wanted(p.name, size) for p in wanted))
            return layer

    yield reader.made_by(told)
