"""What may stand for a formula: a function, or one of handnn's own objects, which runs by its own code on enclosures.

| f | formula |
| --- | --- |
| activation | a = f(z) |
| loss | L(y_true, y_pred[, sample_weight]) |
| layer, built or not | a = f(z(x)), inference; of several tensors where its call reads several |
| optimizer | (gradients, weights) -> weights after one step from the optimizer's present state |
| model | its output for x |
| model.loss_and_gradients | (x, y) -> loss, gradients |
"""

import copy
from typing import Any

import numpy as np

from .enclosure import Enclosure, NoRuleError


def as_formula(f: Any) -> Any:
    """Return a function of enclosures."""
    owner = getattr(f, "__self__", None)
    if not _ours(f) and not (owner is not None and _ours(owner)):
        return f
    from .. import activations, layers, losses, optimizers
    from ..models.network import Network

    if owner is not None:
        if not isinstance(owner, Network):
            return f
        if f.__name__ != "loss_and_gradients":
            raise TypeError(f"f may be model.loss_and_gradients or the model itself; received model.{f.__name__}")
        return lambda x, y: _loss_and_gradients(owner, x, y)
    adapters: dict[type, Any] = {
        activations.Activation: lambda z: f.forward(z),
        losses.Loss: lambda *given: _loss(f, *given),
        Network: lambda x: _output(f, x),
        layers.Layer: lambda *x: _layer(f, x),
        optimizers.Optimizer: lambda gradients, weights: _step(f, gradients, weights),
    }
    return next((adapter for kind, adapter in adapters.items() if isinstance(f, kind)), f)


def _ours(f: Any) -> bool:
    return any(cls.__module__.startswith("handnn.") for cls in type(f).__mro__) and not isinstance(f, Enclosure)


def _plain(x: Any) -> Any:
    return x.mid.astype("float32" if x.precision.format.bits <= 24 else "float64") if isinstance(x, Enclosure) else x


def _loss(loss: Any, y_true: Any, y_pred: Any, weight: Any = None) -> Any:
    own = loss.in_dtype(_dtype(y_pred)) if hasattr(loss, "in_dtype") else loss
    plain_true, plain_pred = own.prepare(_plain(y_true), _plain(y_pred))
    y_true = plain_true if np.shape(y_true) != np.shape(plain_true) or not isinstance(y_true, Enclosure) else y_true
    y_pred = np.reshape(y_pred, np.shape(plain_pred))
    return own.reduce(own.values(y_true, y_pred), weight, y_true)


def _dtype(x: Any) -> str:
    return "float64" if isinstance(x, Enclosure) and x.precision.format.bits > 24 else "float32"


def _layer(layer: Any, x: tuple[Any, ...]) -> Any:
    """Return the layer's output, with its weights as they are."""
    from ..core.trace import LayerTrace

    plain = [_plain(part) for part in x]
    layer.on_each(plain)  # builds it, and checks the shapes
    own = layer if layer.merges else layer.fitted(plain[0].shape)
    t = LayerTrace(own.name)
    t.training, t.x = False, x if own.merges else x[0]
    own.randomize(t)
    own.forward(t)
    return _activated(own, t)


def _activated(layer: Any, t: Any) -> Any:
    layer.activate(t)
    return t.a


def _trace(model: Any, x: Any, wants_dx: bool) -> Any:
    trace = model.new_trace(False, wants_dx=wants_dx)
    model.forward_pass(x, trace)
    return trace


def _output(model: Any, x: Any) -> Any:
    model(_plain(x))
    return model.packed(_trace(model, x, False).y_pred)


def _loss_and_gradients(model: Any, x: Any, y: Any) -> Any:
    _, plain_y, weight = model.prepare_batch(_plain(x), _plain(y), None)
    trace = _trace(model, x, True)
    model.loss_pass(plain_y, trace, weight)
    model.backward_pass(plain_y, trace, weight)
    return trace.loss, trace.gradients


def _step(optimizer: Any, gradients: Any, weights: Any) -> Any:
    """Take one step, as `optimizer.apply` does on arrays, with weights, slots and scalars enclosed."""
    from ..core.variable import Variable
    from ..optimizers.schedules import LearningRateSchedule

    single = not isinstance(weights, list | tuple)
    gradients, weights = ([gradients], [weights]) if single else (gradients, weights)
    if len(gradients) != len(weights) or not all(isinstance(w, Enclosure) for w in weights):
        raise NoRuleError("an optimizer step takes gradients and weights: two arrays, or two lists of as many arrays")
    state = [np.array(v.value) for v in optimizer.variables] if optimizer.built else None
    own = optimizer.unbuilt()
    stepped = [Variable(_plain(w), name=f"w{i}") for i, w in enumerate(weights)]
    own.build(stepped)
    if state is not None:
        own.set_weights(state)

    def number(value: Any, dtype: Any = None) -> Enclosure:
        return value if isinstance(value, Enclosure) else Enclosure(value)

    def enclose(step: Any) -> None:
        step.number, step.elementwise = number, False
        if isinstance(step._learning_rate, LearningRateSchedule):
            step._learning_rate = copy.copy(step._learning_rate)
            step._learning_rate.number = number
        for inner in step.inner_optimizers:
            enclose(inner)

    enclose(own)
    for variable, weight in zip(stepped, weights, strict=True):
        variable.value = weight.each(np.array)
    for slot in own.all_slots():
        if slot.variable.value.dtype.kind == "f":
            slot.variable.value = Enclosure(slot.variable.value)
    own.collect_slots()
    own.take_step([g.each(np.array) for g in gradients], stepped, [variable.value for variable in stepped])
    found = [variable.value for variable in stepped]
    return found[0] if single else found
