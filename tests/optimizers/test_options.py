"""What all optimizers share: weight decay, clipping, averages, accumulation, loss scale, constraints, schedules."""

import numpy as np
import pytest

import handnn
from handnn import optimizers
from handnn.optimizers import Muon, clipping, schedules
from handnn.optimizers import optimizers as registry
from handnn.rounding import allowance
from handnn.rounding.bounded import Bounded

EXPONENTIAL = {"learning_rate": schedules.ExponentialDecay(0.3, 7, 0.8)}
EVERYTHING = {
    "weight_decay": 0.3,
    "use_ema": True,
    "ema_momentum": 0.7,
    "ema_overwrite_frequency": 3,
    "loss_scale_factor": 6.0,
    "gradient_accumulation_steps": 3,
}
OPTIONS = {
    "weight_decay": {"weight_decay": 0.3},
    "no decay": {"weight_decay": 0.0},
    "clipnorm": {"clipnorm": 1.3},
    "clipvalue": {"clipvalue": 0.7},
    "ema": {"use_ema": True},
    "ema overwritten": {"use_ema": True, "ema_momentum": 0.7, "ema_overwrite_frequency": 3},
    "accumulation": {"gradient_accumulation_steps": 3},
    "accumulated ema": {"gradient_accumulation_steps": 2, "use_ema": True, "ema_overwrite_frequency": 2},
    "loss scale": {"loss_scale_factor": 6.0},
    "schedule": EXPONENTIAL,
    "accumulated schedule": EXPONENTIAL | {"gradient_accumulation_steps": 2},
    "everything": EVERYTHING | {"clipnorm": 1.3},
}


@pytest.mark.quick(1)
@pytest.mark.parametrize("name", OPTIONS)
def test_options_are_keras(name, spliced):
    spliced(
        optimizers.Adam(**({"learning_rate": 0.1, "epsilon": 1e-3} | OPTIONS[name])), "float32", "float64", two=True
    )


@pytest.mark.quick(
    1, cover={"rate": None, "dtype": None, "name": lambda name: name in ("adam", "muon", "ftrl", "schedule_free_adamw")}
)
@pytest.mark.parametrize(("name", "cls"), registry.items(), ids=list(registry))
@pytest.mark.parametrize("rate", [0.1, EXPONENTIAL["learning_rate"]], ids=["number", "schedule"])
def test_every_rule_takes_the_options(rate, name, cls, dtype, spliced):
    if cls is Muon and dtype == "float64" and rate != 0.1:
        pytest.skip("Keras' Muon multiplies a float32 schedule with a float64 matrix, and fails")
    optimizer = cls(**(EVERYTHING | {"learning_rate": rate, "global_clipnorm": 1.3}))
    spliced(optimizer, dtype, count=12, two=True)


@pytest.mark.parametrize("limit", [0.3, 7.7, 1e6])
@pytest.mark.quick(1)
def test_global_norm_is_keras(limit, dtype, spliced):
    spliced(optimizers.SGD(0.1, global_clipnorm=limit), dtype)


@pytest.mark.parametrize("option", ["clipnorm", "clipvalue", "global_clipnorm"])
def test_gradients_of_zeros_are_clipped_as_in_keras(option, side, assert_within_allowance):
    from handnn.verify.optimizer_steps import optimizer_step

    optimizer = optimizers.SGD(0.1, **{option: 0.7})
    keras_side = side(optimizer, "float32")
    before = keras_side.state()
    gradients = [np.zeros_like(w) for w in before.weights]
    keras_side.apply(gradients)
    for comparison in optimizer_step(optimizer, before, gradients, keras_side.state(), keras_side.ours):
        assert_within_allowance(comparison)
    assert all(np.array_equal(a, b) for a, b in zip(before.weights, keras_side.state().weights, strict=True))


def network(module):
    layers = [module.Input((3,)), module.layers.Dense(4, name="a"), module.layers.Dense(2, name="embedding")]
    return module.Sequential(layers, name="net")


@pytest.mark.quick(3)
@pytest.mark.parametrize("names", [["bias"], ["net/a"], ["kernel", "embedding/b"], ["^net"], []])
@pytest.mark.parametrize("cls", [optimizers.SGD, optimizers.AdamW, Muon])
def test_excluded_names_are_keras(names, cls, keras):
    moved = []
    for module in (handnn, keras):
        model, optimizer = network(module), getattr(module.optimizers, cls.__name__)(weight_decay=0.5)
        listed = [model.weights[2]]
        optimizer.exclude_from_weight_decay(var_list=listed, var_names=names)
        model.set_weights([np.ones(w.shape) for w in model.weights])
        optimizer.build(model.trainable_weights)
        optimizer.apply([keras.ops.zeros(w.shape) for w in model.weights], model.trainable_weights)
        moved.append([bool(np.all(w == 1)) for w in model.get_weights()])
    assert moved[0] == moved[1]
    assert moved[0][2]


def test_exclusion_comes_before_build():
    optimizer = optimizers.AdamW()
    optimizer.build([np.ones(2)])
    with pytest.raises(ValueError, match="before the optimizer is built"):
        optimizer.exclude_from_weight_decay(var_names=["bias"])


def rounded(value, times, size):
    """The value after so many roundings of numbers up to this size."""
    return Bounded(value, allowance.gamma(times, allowance.unit_roundoff(value.dtype)) * size)


@pytest.mark.parametrize("options", [{}, {"use_ema": True, "ema_overwrite_frequency": 2}], ids=["plain", "averages"])
def test_a_constraint_comes_last_as_in_keras(options, keras, assert_agrees, rng):
    """After the moving average has seen the weight, and after it was overwritten; not in the average itself."""
    start, gradient = rng.normal(size=4).astype("float32"), np.ones(4, "float32")
    theirs = keras.Variable(start, name="w")
    theirs.constraint = keras.constraints.NonNeg()
    ours = handnn.Variable(start, name="w")
    ours.constraint = lambda x: np.maximum(x, 0)
    pair = optimizers.SGD(0.1, **options), keras.optimizers.SGD(0.1, **options)
    for _ in range(4):
        for optimizer, variable in zip(pair, (ours, theirs), strict=True):
            optimizer.apply([keras.ops.convert_to_tensor(gradient)], [variable])
    size = np.abs(start).max() + 4 * 0.1
    assert_agrees("w", ours.value, theirs.numpy(), rounded(ours.value, 4 * 5, size))  # a step and its average: five
    assert ours.value.min() == 0 < ours.value.max()
    for mine, other in zip(pair[0].variables[2:], pair[1].variables[2:], strict=True):
        assert_agrees(mine.name, mine.value, other.numpy(), rounded(mine.value, 4 * 5, size))


def test_finalize_puts_the_averages_in_place(keras, assert_agrees, rng):
    start = rng.normal(size=3).astype("float32")
    ours, theirs = handnn.Variable(start, name="w"), keras.Variable(start, name="w")
    for optimizer, variable in ((optimizers.SGD(use_ema=True), ours), (keras.optimizers.SGD(use_ema=True), theirs)):
        for _ in range(3):
            optimizer.apply([keras.ops.ones(3)], [variable])
        before = np.array(variable)
        optimizer.finalize_variable_values([variable])
        assert np.array_equal(variable, optimizer.variables[2]) and not np.array_equal(variable, before)
    assert_agrees("w", ours.value, theirs.numpy(), rounded(ours.value, 3 * 5, np.abs(start).max() + 3 * 0.01))


@pytest.mark.parametrize(
    "optimizer",
    [
        lambda of: of.SGD(0.1, use_ema=True, ema_momentum=0.5),
        lambda of: of.Adam(0.01, loss_scale_factor=128.0),
        lambda of: of.SGD(0.1, gradient_accumulation_steps=2),
        lambda of: of.LossScaleOptimizer(of.SGD(0.1), initial_scale=8.0, dynamic_growth_steps=2),
        lambda of: of.RMSprop(of.schedules.CosineDecay(0.01, 4)),
    ],
    ids=["averages", "loss scale", "accumulation", "dynamic scale", "schedule"],
)
@pytest.mark.slow
def test_fit_is_keras(optimizer, keras, assert_agrees, rng):
    """Twelve steps from the same weights, within what a last unit of the start becomes, once for each rounding.

    Rounded on the way to a weight: sums over 3 inputs, 4 units, 2 outputs and 4 samples, up and down, on both sides.
    """
    x, y = rng.normal(size=(12, 3)).astype("f"), rng.normal(size=(12, 2)).astype("f")
    start = [rng.normal(size=s).astype("f") for s in ((3, 4), (4,), (4, 2), (2,))]

    def trained(module, weights):
        model = network(module)
        model.compile(optimizer(module.optimizers), "mse", run_eagerly=True)
        model.set_weights(weights)
        model.fit(x, y, batch_size=4, epochs=4, shuffle=False, verbose=0)
        return model.get_weights(), int(model.optimizer.iterations)

    (ours, steps), (theirs, same) = trained(handnn, start), trained(keras, start)
    assert steps == same
    drift = 0.0
    for _ in range(3):
        moved, _ = trained(handnn, [np.nextafter(w, rng.choice([-np.inf, np.inf], w.shape).astype("f")) for w in start])
        drift = max(drift, *(np.abs(a - b).max() for a, b in zip(ours, moved, strict=True)))
    for mine, other in zip(ours, theirs, strict=True):
        assert_agrees("weights", mine, other, Bounded(mine, np.full(mine.shape, 12 * 2 * 2 * (3 + 4 + 2 + 4) * drift)))


def test_a_schedule_cannot_become_a_number(keras):
    for module in (handnn, keras):
        of = module.optimizers
        optimizer = of.SGD(of.schedules.InverseTimeDecay(0.5, 2, 1.0))
        with pytest.raises(TypeError):
            optimizer.learning_rate = 0.1
        optimizer.learning_rate = of.schedules.InverseTimeDecay(0.25, 2, 1.0)
        assert float(optimizer.learning_rate) == 0.25
        other = of.SGD(0.1)
        other.learning_rate = of.schedules.InverseTimeDecay(0.25, 2, 1.0)
        assert [v.name for v in other.variables] == ["iteration"]


def test_a_learning_rate_may_be_a_function(keras):
    moved = []
    for module in (handnn, keras):
        optimizer, w = module.optimizers.SGD(lambda: 0.1), module.Variable(np.ones(1), name="w")
        optimizer.apply([keras.ops.ones(1, "float64" if module is handnn else w.dtype)], [w])
        moved.append(float(np.array(w)[0]))
    assert np.float32(moved[0]) == np.float32(moved[1])
    with pytest.raises(ValueError, match="learning_rate is a function"):
        optimizers.SGD(lambda: 0.1).get_config()


def test_clipped_gradients_worked_out_by_hand(dtype, assert_agrees):
    """Norms 5 and 0.5, together sqrt(25.25); also limits below 1, and 0, which clips nothing."""
    gradients = [np.array([3.0, -4.0], dtype), None, np.array([0.3, 0.4], dtype)]
    g, h = Bounded(gradients[0]), Bounded(gradients[2])
    together, half = np.sqrt(np.sum(g * g) + np.sum(h * h)), np.sqrt(np.sum(h * h))
    wanted = {
        (0.25, None, None): [g * 0.05, h * 0.25 / half],
        (2.5, None, None): [g * 0.5, h],
        (0.0, None, None): [g, h],
        (None, 0.35, None): [np.array([0.35, -0.35], dtype), np.array([0.3, 0.35], dtype)],
        (None, None, 0.5): [g * 0.5 / together, h * 0.5 / together],
        (None, None, 9.0): [g, h],
    }
    for limits, expected in wanted.items():
        outs = [np.empty(2, dtype) for _ in gradients]
        found = clipping.clip(gradients, outs, *limits)
        assert found[1] is None and gradients[0].tolist() == [3.0, -4.0]
        for one, bounded in zip((found[0], found[2]), expected, strict=True):
            assert_agrees(str(limits), one, getattr(bounded, "value", bounded), bounded)


@pytest.mark.filterwarnings("ignore:no gradient for")
def test_a_weight_without_a_gradient_stays_while_others_accumulate():
    one, other = (handnn.Variable(np.ones(2, "float32")) for _ in range(2))
    rule = optimizers.SGD(1.0, gradient_accumulation_steps=2)
    rule.build([one, other])
    for gradient in ([1.0, 2.0], [3.0, 4.0]):
        rule.apply_gradients([(np.array(gradient, "float32"), one), (None, other)])
    assert one.value.tolist() == [-1.0, -2.0] and other.value.tolist() == [1.0, 1.0]
