"""Keras takes the step of all weights laid end to end: it is, to the bit, the step of each weight."""

from typing import Any

import numpy as np
import pytest

import handnn
from handnn import optimizers
from handnn.core.variable import Variable
from handnn.layers import Dense, Input
from handnn.verify import verify_model
from handnn.verify.keras_optimizer import AsOneVector, takes_one_vector
from handnn.verify.optimizer_steps import spliced_step

SIZES = (1e-7, 1.0, 3.0)
SHAPES = ((3, 7), (7,), (1, 2, 2))
CASES = [
    cls(0.1, **given)
    for _, cls in sorted(optimizers.optimizers.items())
    if cls.elementwise
    for given in ({}, *cls.examples[:1])
]
CASES += [
    optimizers.Adam(0.1, amsgrad=True, use_ema=True, ema_overwrite_frequency=2, weight_decay=0.1, clipvalue=0.5),
    optimizers.SGD(0.1, momentum=0.9, gradient_accumulation_steps=2, loss_scale_factor=4.0),
    optimizers.Nadam(optimizers.schedules.ExponentialDecay(0.1, 3, 0.5)),
]


def weights_of(rng: np.random.Generator, dtype: str) -> list[Variable]:
    return [Variable(rng.normal(size=s).astype(dtype), name="w", path=f"net/l{i}/w") for i, s in enumerate(SHAPES)]


def steps(optimizer: Any, weights: list[Variable], dtype: str) -> bool:
    """Return whether weights and state stay the same, as arrays, in three steps of Keras taken both ways."""
    import keras
    from tf_reference.arrays import value_of
    from tf_reference.objects import built_optimizer

    rng = np.random.default_rng(5)
    together, variables = AsOneVector(optimizer, weights), [keras.Variable(w.value, dtype=dtype) for w in weights]
    alone = built_optimizer(optimizer, variables)
    same = True
    for size in SIZES:
        for found, expected in ((together.trained_weights(), variables), (together.optimizer_state(), alone.variables)):
            same &= len(found) == len(expected)
            same &= all(np.array_equal(own, value_of(v)) for own, v in zip(found, expected, strict=False))
        gradients = [np.asarray(size * rng.normal(size=w.shape), dtype) for w in weights]
        together.apply(gradients)
        alone.apply([keras.ops.convert_to_tensor(g) for g in gradients], variables)
    return same


@pytest.mark.quick(4, cover={"dtype": None, "optimizer": type})
@pytest.mark.parametrize("optimizer", CASES, ids=lambda optimizer: type(optimizer).__name__)
def test_one_vector_takes_the_steps_of_each_weight(optimizer: Any, dtype: str, keras: Any, rng: Any) -> None:
    weights = weights_of(rng, dtype)
    assert takes_one_vector(optimizer, weights)
    if isinstance(optimizer, optimizers.Ftrl) and dtype == "float32":  # TensorFlow rounds a power by where it is
        together = AsOneVector(optimizer, weights)
        for size in SIZES:
            gradients = [np.asarray(size * rng.normal(size=w.shape), dtype) for w in weights]
            assert all(row.ok for row in spliced_step(optimizer, together, gradients, weights)[0])
    else:
        assert steps(optimizer, weights, dtype)


@pytest.mark.parametrize("optimizer", [optimizers.Lamb(0.1), optimizers.Adam(0.1, clipnorm=0.5)], ids=["rule", "norm"])
def test_what_depends_on_other_elements_is_taken_weight_by_weight(optimizer: Any, keras: Any, rng: Any) -> None:
    weights = weights_of(rng, "float32")
    assert not takes_one_vector(optimizer, weights)
    assert not steps(optimizer, weights, "float32")  # the test above would see it


def test_weights_of_two_dtypes_constrained_or_spared_are_taken_one_by_one(rng: Any) -> None:
    rule, one, two = optimizers.AdamW(), weights_of(rng, "float32"), weights_of(rng, "float64")
    assert takes_one_vector(rule, one)
    assert not takes_one_vector(rule, one + two)
    one[0].constraint = handnn.constraints.NonNeg()
    assert not takes_one_vector(rule, one)
    rule.exclude_from_weight_decay(var_names=["bias"])
    assert not takes_one_vector(rule, two)


def test_a_mistake_in_a_rule_is_seen_at_each_weight(keras: Any, rng: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    model = handnn.Sequential([Input((3,)), Dense(4, name="one"), Dense(2, name="two")])
    model.compile(optimizers.SGD(0.1, momentum=0.9), "mse")
    batch = rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
    assert verify_model(model, *batch).ok
    right = optimizers.SGD.update_step

    def doubled(self: Any, gradient: Any, x: Any, *slots: Any, **work: Any) -> None:
        right(self, gradient * np.asarray(2, gradient.dtype), x, *slots, **work)

    monkeypatch.setattr(optimizers.SGD, "update_step", doubled)
    wrong = [(r.layer, r.tensor) for r in verify_model(model, *batch).wrong]
    assert wrong == [
        (layer, f"{w} {part}")
        for layer in ("one", "two")
        for w in ("kernel", "bias")
        for part in ("momentum", "stepped")
    ]
