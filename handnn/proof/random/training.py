"""Random losses with matching outputs, and random optimizers."""

from collections.abc import Callable
from typing import Any

from ... import activations, losses, optimizers
from .layers import Rng, chance

LOSS_OPTIONS: dict[str, Callable[[Rng], Any]] = {
    "label_smoothing": lambda rng: float(rng.uniform(0.01, 0.3)),
    "apply_class_balancing": lambda rng: True,
    "alpha": lambda rng: float(rng.uniform(0.1, 0.9)),
    "beta": lambda rng: float(rng.uniform(0.1, 0.9)),
    "gamma": lambda rng: float(rng.uniform(1, 5)),
    "delta": lambda rng: float(rng.uniform(0.1, 3)),
    "margin": lambda rng: float(rng.uniform(0.1, 0.5)),
    "remove_diagonal": lambda rng: False,
    "ignore_class": lambda rng: 0,
    "q": lambda rng: float(rng.uniform(0.1, 0.9)),
}

CLIPPED = (losses.BinaryCrossentropy, losses.SparseCategoricalCrossentropy, losses.KLDivergence)
"""Losses of probabilities that accept any number and clip it."""

OUTPUTS = {"positive": ("sigmoid", "softmax", "relu"), "unit": ("softmax",)}
"""Outputs for losses that need more than real numbers."""


def optimizer(rng: Rng) -> optimizers.Optimizer:
    """Return an optimizer: with defaults or arguments that make every term matter, with options, sometimes wrapped."""
    names = list(optimizers.optimizers)
    optimizer = _plain_optimizer(rng, str(rng.choice(names)))
    if chance(rng, 0.1):
        return optimizers.LossScaleOptimizer(optimizer, float(2.0 ** rng.integers(0, 16)), int(rng.integers(1, 4)))
    if chance(rng, 0.1):
        other = _plain_optimizer(rng, str(rng.choice(names)))
        return optimizers.MultiOptimizer(optimizers.OptimizerMap(optimizer, {".*/bias": other}))
    return optimizer


def _plain_optimizer(rng: Rng, name: str) -> optimizers.Optimizer:
    cls, rate = optimizers.optimizers[name], float(10 ** rng.uniform(-4, -0.5))
    examples = ({}, *cls.examples)
    options: dict[str, Any] = {"learning_rate": rate} | examples[rng.integers(len(examples))]
    if chance(rng, 0.2) and cls is not optimizers.Muon:  # Keras' Muon cannot multiply the two dtypes
        options["learning_rate"] = optimizers.schedules.ExponentialDecay(rate, 3, 0.7)
    if chance(rng, 0.3):
        options["weight_decay"] = float(rng.uniform(0, 0.5))
    if chance(rng, 0.3):
        options[str(rng.choice(["clipnorm", "clipvalue", "global_clipnorm"]))] = float(10 ** rng.uniform(-2, 1))
    if chance(rng, 0.2):
        options |= {"use_ema": True, "ema_momentum": 0.8, "ema_overwrite_frequency": int(rng.integers(1, 4))}
    if chance(rng, 0.2):
        options["gradient_accumulation_steps"] = int(rng.integers(2, 4))
    return cls(**options)


def of_several(loss: losses.Loss) -> bool:
    """Return whether a single output is useless: a single class, or a single number, which has no direction."""
    return loss.targets in ("one_hot", "labels") or isinstance(loss, losses.CosineSimilarity)


def loss_and_output(rng: Rng, dtype: str) -> tuple[losses.Loss, str]:
    """Return a loss and the name of an output activation.

    Behind softmax and sigmoid Keras fuses the cross-entropies, but not with a loss of another dtype. Outputs outside
    (0, 1) meet the clip of the cross-entropies; losses that divide by a sum of them or take a root are spared them.
    """
    cls = losses.losses[str(rng.choice(list(losses.losses)))]
    reduction = losses.REDUCTIONS[rng.integers(len(losses.REDUCTIONS))] if chance(rng, 0.5) else "sum_over_batch_size"
    other = {"float32": "float64", "float64": "float32"}[dtype]
    apart = 0.4 if cls.predictions == "probability" else 0.1
    options: dict[str, Any] = {"reduction": reduction, "dtype": other if chance(rng, apart) else dtype}
    known = cls().get_config()
    if "from_logits" in known and chance(rng, 0.3):
        options["from_logits"] = True
    options |= {name: drawn(rng) for name, drawn in LOSS_OPTIONS.items() if name in known and chance(rng, 0.4)}
    if cls is losses.CosineSimilarity:  # for a row with a single number the gradient is 0 up to rounding, whose size
        return cls(**options), "linear"  # nothing but that rounding shows
    if "axis" in known and chance(rng, 0.2):
        options["axis"] = [-1, 0, None][rng.integers(2 if cls is losses.CategoricalCrossentropy else 3)]
    loss = cls(**options)
    names = list(activations.activations)
    if loss.from_logits:
        names = [name for name in names if not activations.get(name).has_logits]
    elif loss.predictions == "probability" and (cls not in CLIPPED or chance(rng, 0.85)):
        names = [name for name in names if activations.get(name).has_logits]
    elif loss.predictions in OUTPUTS:
        names = list(OUTPUTS[loss.predictions])
    return loss, str(rng.choice(names))
