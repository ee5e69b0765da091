"""A kind of model: how it is built with handnn or with Keras, and what comes of building, training and verifying it."""

import importlib
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ...core.registry import Registry
from ...verify import sample_data
from ..not_supported import ABSENT

Build = Callable[[Any], Any]
kinds: Registry[Build] = Registry("kind of model")
"""Functions of a module, handnn or keras, that return a compiled model; the docstring says what it is for."""

WORDS = 12
"""Inputs of integers are below this."""
SAMPLES, STEPS = 4, 2


class Result(NamedTuple):
    """What came of one kind.

    Attributes:
        layers: the classes that it uses. tensors, worst: how many were compared, the worst error / allowance.
        wrong: what went wrong, or ''. not_supported: whether it is that handnn does not have a layer.
    """

    name: str
    layers: tuple[str, ...] = ()
    tensors: int = 0
    worst: float = 0.0
    wrong: str = ""
    not_supported: bool = False

    @property
    def ok(self) -> bool:
        return not self.wrong


def kind(build: Build) -> Build:
    return kinds.add(build, build.__name__)


def batch(model: Any, rng: np.random.Generator) -> tuple[Any, Any]:
    """Return random inputs and labels that fit the model."""
    x = []
    for layer in model.input_layers:
        shape = (SAMPLES, *layer.batch_shape[1:])
        x.append(rng.integers(1, WORDS, shape) if layer.dtype.startswith("int") else rng.normal(size=shape))
    if any(type(layer).__name__ == "Masking" for layer in model.layers):
        x[0][0, 2:] = x[0][1, 0] = 0
    y = sample_data.targets(model.loss, (SAMPLES, *model.output_shape[1:]), rng)
    return x if len(x) > 1 else x[0], y


def result(name: str) -> Result:
    """Build a kind on handnn, train it for two steps, and verify the network before each."""
    from ...verify.model import verify_model

    rng, tensors, worst, wrong = np.random.default_rng(0), 0, 0.0, ""
    handnn = importlib.import_module(__name__.partition(".")[0])
    handnn.utils.set_random_seed(0)
    try:
        model = kinds[name](handnn)
    except AttributeError as error:
        if error.name not in ABSENT["layers"]:
            raise
        return Result(name, (error.name,), wrong=f"{error.name} {ABSENT['layers'][error.name]}", not_supported=True)
    x, y = batch(model, rng)
    for _ in range(STEPS):
        report = verify_model(model, x, y)
        tensors += len(report.rows)
        worst = max([worst, *(row.ratio for row in report if not row.undecided)])
        loss = np.ravel(model.train_on_batch(x, y))[0]
        wrong = wrong or ("" if report.ok else report.verdict()) or ("" if np.isfinite(loss) else f"the loss is {loss}")
    return Result(name, layers_of(model), tensors, worst, wrong)


def layers_of(model: Any) -> tuple[str, ...]:
    """Return the classes of the layers of a model, of the models and layers inside too."""
    found: dict[str, None] = {}
    for layer in model.layers:
        name = type(layer).__name__
        if hasattr(layer, "layers"):
            found |= dict.fromkeys(layers_of(layer))
        elif name != "InputLayer":
            found[name] = None
            for inner in (getattr(layer, "layer", None), getattr(layer, "forward_layer", None)):
                found |= {} if inner is None else {type(inner).__name__: None}
    return tuple(found)
