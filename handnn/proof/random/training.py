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

NO_FLAT_AXIS = (losses.CategoricalCrossentropy, losses.CosineSimilarity)
"""Losses along one axis; the others with an axis also take None, for all of a sample's numbers."""

OUTPUTS = {"positive": ("sigmoid", "softmax", "relu"), "unit": ("softmax",)}
"""Outputs for losses that need more than real numbers."""


RATES, EXTREME_RATES = (-4, -0.5), (-8, 6)
"""Powers of ten."""


def _size(least: float, largest: float) -> Callable[[Rng], float]:
    """Draw numbers between two powers of ten."""
    return lambda rng: float(10 ** rng.uniform(least, largest))


def _size_or_zero(least: float, largest: float) -> Callable[[Rng], float]:
    return lambda rng: 0.0 if chance(rng, 0.2) else _size(least, largest)(rng)


def _memory(rng: Rng) -> float:
    """Draw the share of a moving average that stays: from 0 to 0.9999."""
    return 0.0 if chance(rng, 0.1) else 1 - _size(-4, 0)(rng)


def _coin(rng: Rng) -> bool:
    return chance(rng, 0.5)


HYPERPARAMETERS: dict[str, Callable[[Rng], Any]] = {
    "beta_1": lambda rng: 1 - _size(-4, 0)(rng),  # ScheduleFreeAdamW divides by it
    **dict.fromkeys(("beta_2", "rho", "momentum", "adam_beta_1", "adam_beta_2"), _memory),
    **dict.fromkeys(("amsgrad", "nesterov", "centered", "relative_step", "exclude_embeddings"), _coin),
    "epsilon": _size(-12, 0),
    "initial_accumulator_value": _size_or_zero(-6, 1),
    "learning_rate_power": lambda rng: -float(rng.uniform(0, 1)),
    "l1_regularization_strength": _size_or_zero(-4, 0),
    "l2_regularization_strength": _size_or_zero(-4, 0),
    "l2_shrinkage_regularization_strength": _size_or_zero(-4, 0),
    "beta": _size_or_zero(-2, 1),
    "beta_2_decay": lambda rng: -float(rng.uniform(0.1, 1.5)),
    "epsilon_1": _size(-30, -3),
    "epsilon_2": _size(-6, 0),
    "clip_threshold": _size(-1, 1),
    "warmup_steps": lambda rng: int(rng.integers(0, 10)),
    "adam_weight_decay": _size_or_zero(-3, -0.3),
    "adam_lr_ratio": _size(-1, 1),
    "exclude_layers": lambda rng: [str(rng.choice(["kernel", "bias", "dense_[1-3]/"]))],
    "muon_a": lambda rng: 3.4445 * float(rng.uniform(0.9, 1.1)),
    "muon_b": lambda rng: -4.775 * float(rng.uniform(0.9, 1.1)),
    "muon_c": lambda rng: 2.0315 * float(rng.uniform(0.9, 1.1)),
    "ns_steps": lambda rng: int(rng.integers(1, 8)),
    "rms_rate": lambda rng: None if _coin(rng) else _size(-1, 0)(rng),
}

SCHEDULES: tuple[Callable[[Rng, float], optimizers.schedules.LearningRateSchedule], ...] = (
    lambda rng, rate: optimizers.schedules.ExponentialDecay(rate, _steps(rng), _share(rng), _coin(rng)),
    lambda rng, rate: optimizers.schedules.InverseTimeDecay(rate, _steps(rng), _share(rng), _coin(rng)),
    lambda rng, rate: optimizers.schedules.PolynomialDecay(
        rate, _steps(rng), rate / 7, float(rng.uniform(0.5, 2)), _coin(rng)
    ),
    lambda rng, rate: optimizers.schedules.PiecewiseConstantDecay([1, 3], [rate, rate / 3, rate / 7]),
    lambda rng, rate: optimizers.schedules.CosineDecay(
        rate, _steps(rng), _share(rng), warmup_target=2 * rate if _coin(rng) else None, warmup_steps=2
    ),
    lambda rng, rate: optimizers.schedules.CosineDecayRestarts(
        rate, _steps(rng), float(rng.uniform(1, 3)), _share(rng), _share(rng)
    ),
)


def _steps(rng: Rng) -> int:
    return int(rng.integers(1, 10))


def _share(rng: Rng) -> float:
    return float(rng.uniform(0.1, 0.9))


def optimizer(rng: Rng, extreme: bool = False) -> optimizers.Optimizer:
    """Return an optimizer with any arguments, sometimes wrapped."""
    names, rates = list(optimizers.optimizers), EXTREME_RATES if extreme else RATES
    optimizer = _plain_optimizer(rng, str(rng.choice(names)), rates)
    if chance(rng, 0.1):
        return optimizers.LossScaleOptimizer(optimizer, float(2.0 ** rng.integers(0, 16)), int(rng.integers(1, 4)))
    if chance(rng, 0.1):
        patterns = rng.permutation([".*/bias", ".*/kernel", "dense_[1-5]/"])[: rng.integers(1, 3)]
        others = {str(pattern): _plain_optimizer(rng, str(rng.choice(names)), rates) for pattern in patterns}
        return optimizers.MultiOptimizer(optimizers.OptimizerMap(optimizer, others))
    return optimizer


def _plain_optimizer(rng: Rng, name: str, rates: tuple[float, float]) -> optimizers.Optimizer:
    """Return an optimizer with its defaults, or one of its examples, and some arguments drawn anew."""
    cls, rate = optimizers.optimizers[name], float(10 ** rng.uniform(*rates))
    examples = ({}, *cls.examples)
    options: dict[str, Any] = {"learning_rate": rate} | examples[rng.integers(len(examples))]
    options |= {own: HYPERPARAMETERS[own](rng) for own in cls.hyperparameters if chance(rng, 0.2)}
    if chance(rng, 0.25):
        options["learning_rate"] = SCHEDULES[rng.integers(len(SCHEDULES))](rng, rate)
    if chance(rng, 0.3):
        options["weight_decay"] = float(rng.uniform(0, 0.5))
    if chance(rng, 0.3):
        options[str(rng.choice(["clipnorm", "clipvalue", "global_clipnorm"]))] = float(10 ** rng.uniform(-2, 1))
    if chance(rng, 0.2):
        every = int(rng.integers(1, 4))
        options |= {"use_ema": True, "ema_momentum": _memory(rng), "ema_overwrite_frequency": (None, every)[every > 1]}
    if chance(rng, 0.1):
        options["loss_scale_factor"] = _size(-3, 4)(rng)
    if chance(rng, 0.2):
        options["gradient_accumulation_steps"] = int(rng.integers(2, 4))
    return cls(**options)


def of_several(loss: losses.Loss) -> bool:
    """Return whether the loss is one of several classes."""
    return loss.targets in ("one_hot", "labels")


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
    if "axis" in known and chance(rng, 0.2):
        options["axis"] = [-1, 0, None][rng.integers(2 if cls in NO_FLAT_AXIS else 3)]
    loss = cls(**options)
    names = list(activations.activations)
    if loss.from_logits:
        names = [name for name in names if not activations.get(name).has_logits]
    elif loss.predictions == "probability" and (cls not in CLIPPED or chance(rng, 0.85)):
        names = [name for name in names if activations.get(name).has_logits]
    elif loss.predictions in OUTPUTS:
        names = list(OUTPUTS[loss.predictions])
    return loss, str(rng.choice(names))
