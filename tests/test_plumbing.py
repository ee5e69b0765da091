"""What lies between the formulas: order, buffers, steps. Each test fails with a mistake that no other noticed."""

import numpy as np
import pytest

import handnn
from handnn import layers, optimizers
from handnn.optimizers import schedules
from handnn.rounding import allowance


def linear(optimizer=None, **options):
    model = handnn.Sequential([handnn.Input((2,)), layers.Dense(1, use_bias=False, kernel_initializer="ones")])
    model.compile(optimizer or optimizers.SGD(0.125), "mse", **options)
    return model


# ---- training -------------------------------------------------------------------------------------------------------


def test_sample_weights_go_with_their_samples(rng):
    """All weight is on one sample, whose error is 0: nothing moves, whatever the order."""
    x = rng.normal(size=(64, 2)).astype("float32")
    y, weight = x.sum(axis=1, keepdims=True) + 1, np.zeros(64)
    model = linear()
    y[5], weight[5] = model.predict(x[5:6]), 1.0
    model.fit(x, y, batch_size=1, epochs=2, sample_weight=weight, verbose=0)
    assert np.array_equal(model.get_weights()[0], np.ones((2, 1)))


def test_dropout_is_at_work_in_training_alone(rng):
    """After a step of training on a batch of the same size."""
    x = rng.normal(size=(8, 5)).astype("float32")
    model = handnn.Sequential([handnn.Input((5,)), layers.Dropout(0.5), layers.Dense(3)])
    model.compile(optimizers.SGD(0.0), "mse")
    before, loss = model.predict(x), model.evaluate(x, np.zeros((8, 3)), verbose=0)
    model.train_on_batch(x, np.zeros((8, 3)))
    assert np.array_equal(model.predict(x), before)
    assert model.evaluate(x, np.zeros((8, 3)), verbose=0) == loss
    model.train_on_batch(x, np.zeros((8, 3)))
    trace = model.workspace(8, training=True)
    assert not np.array_equal(trace.y_pred, before)


def test_weights_that_moved_are_moved_downhill(rng):
    """Weights in memory of their own take the very step that weights side by side take."""
    x, y = rng.normal(size=(6, 5)), rng.normal(size=(6, 3))
    models = []
    for split in (False, True):
        handnn.utils.set_random_seed(3)
        model = handnn.Sequential([handnn.Input((5,)), layers.Dense(4, "tanh"), layers.Dense(3)])
        model.compile(optimizers.SGD(0.1), "mse")
        model.train_on_batch(x, y)
        if split:
            for variable in model.weights:
                variable.value = variable.value.copy()
        losses = [model.train_on_batch(x, y) for _ in range(3)]
        assert losses[2] < losses[1] < losses[0]
        models.append(model.get_weights())
    assert all(map(np.array_equal, *models))


# ---- layers ---------------------------------------------------------------------------------------------------------


def test_spatial_dropout_drops_whole_columns_of_a_sample(rng):
    layer = layers.SpatialDropout1D(0.5, seed=1)
    a = layer(np.ones((40, 6, 7), "float32"), training=True)
    assert np.array_equal(a, np.broadcast_to(a[:, :1], a.shape))  # the steps of a sample share their draw
    kept = a[:, 0] != 0
    assert kept.any(axis=1).any() and not kept.all(axis=1).all()
    assert not (kept == kept[:, :1]).all() and not (kept == kept[:1]).all()  # features and samples do not


@pytest.mark.parametrize("count", [1, 2, 64, 65, 200])
def test_moving_averages_take_in_the_variance_of_the_population(count, rng):
    x = rng.normal(size=(count, 3))
    layer = layers.BatchNormalization(momentum=0.75, dtype="float64")
    layer(x, training=True)
    _, _, mean, variance = layer.get_weights()
    assert np.array_equal(mean, 0.75 * np.zeros(3) + 0.25 * x.mean(axis=0))
    assert np.array_equal(variance, 0.75 * np.ones(3) + 0.25 * x.var(axis=0))


def test_a_batch_of_one_moves_the_averages_in_fit(rng):
    model = handnn.Sequential([handnn.Input((3,)), layers.BatchNormalization(momentum=0.5)])
    model.compile(optimizers.SGD(0.0), "mse")
    x = rng.normal(size=(1, 3)).astype("float32")
    model.train_on_batch(x, np.zeros((1, 3)))
    _, _, mean, variance = model.get_weights()
    assert np.array_equal(mean, x[0] / 2) and np.array_equal(variance, np.full(3, 0.5, "float32"))


# ---- optimizers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name, cls in optimizers.optimizers.items() if cls is not optimizers.Muon])
def test_what_is_computed_once_a_step_follows_the_step_that_is_set(name, rng):
    """Two optimizers in the same state take the same step, though one of them was ahead."""
    cls = optimizers.optimizers[name]
    gradient, start = rng.normal(size=(2, 5)).astype("float32")
    fresh, used = cls(0.25), cls(0.25)
    state_of = cls(0.25)
    x = start.copy()
    for _ in range(4):
        state_of.apply([gradient], [x])
    state = [v.numpy() for v in state_of.variables]
    ahead = start.copy()
    for _ in range(9):
        used.apply([gradient], [ahead])
    found = []
    for optimizer in (fresh, used):
        own = x.copy()
        if not optimizer.built:
            optimizer.build([own])
        optimizer.set_weights(state)
        optimizer.apply([gradient], [own])
        found.append(own)
    assert np.array_equal(*found)


def test_a_cache_of_the_same_step_count_is_dropped_by_set_weights(rng):
    gradient, start = rng.normal(size=(2, 5)).astype("float32")
    one, other = optimizers.Adam(0.25), optimizers.Adam(0.25)
    a, b = start.copy(), start.copy()
    one.apply([gradient], [a])
    other.apply([gradient], [b])
    state = [v.numpy() for v in one.variables]
    other.learning_rate = 4.0
    other.apply([gradient], [b.copy()])  # scalars of the second step, with another rate
    other.set_weights(state)
    one.apply([gradient], [a])
    other.apply([gradient], [b])
    assert np.array_equal(a, b)


@pytest.mark.parametrize("limit", ["clipnorm", "clipvalue", "global_clipnorm"])
def test_gradients_of_the_caller_are_left_as_they_are(limit, rng):
    for options in ({}, {"loss_scale_factor": 2.0}, {"gradient_accumulation_steps": 2}):  # each limit with each option
        gradients = [rng.normal(size=shape) * 10 for shape in ((3, 2), (2,))]
        kept = [g.copy() for g in gradients]
        optimizer, xs = optimizers.SGD(0.1, **{limit: 0.5}, **options), [np.zeros((3, 2)), np.zeros(2)]
        for _ in range(2):
            optimizer.apply(gradients, xs)
        assert all(map(np.array_equal, gradients, kept)) and xs[0].any()


def test_every_constraint_is_applied(rng):
    model = handnn.Sequential(
        [
            handnn.Input((3,)),
            layers.Dense(4, kernel_constraint="non_neg", bias_constraint="non_neg"),
            layers.Dense(2, kernel_constraint="unit_norm"),
        ]
    )
    model.compile(optimizers.SGD(0.0), "mse")
    model.set_weights([rng.normal(size=w.shape) - 1 for w in model.weights])
    expected = [weight.constraint(weight.numpy()) if weight.constraint else weight.numpy() for weight in model.weights]
    model.train_on_batch(rng.normal(size=(5, 3)), rng.normal(size=(5, 2)))
    assert all(map(np.array_equal, model.get_weights(), expected))
    assert (model.get_weights()[0] >= 0).all() and (model.get_weights()[1] >= 0).all()


def test_schedules_start_at_their_first_rate():
    decay = schedules.ExponentialDecay(0.5, 1, 0.5)
    assert [float(decay(step)) for step in range(4)] == [0.5, 0.25, 0.125, 0.0625]
    x = np.zeros(1)
    optimizer = optimizers.SGD(decay)
    steps = []
    for _ in range(3):
        before = x.copy()
        optimizer.apply([np.ones(1)], [x])
        steps.append(float((before - x)[0]))
    assert steps == [0.5, 0.25, 0.125]


def test_the_cosine_begins_where_the_warm_up_ends():
    rate = schedules.CosineDecay(0.0, 8, warmup_target=1.0, warmup_steps=4)
    assert [float(rate(step)) for step in range(5)] == [0.0, 0.25, 0.5, 0.75, 1.0]
    half = float(rate(8))  # in the middle of the 8 steps of the cosine
    assert abs(half - 0.5) <= np.finfo("float32").eps and float(rate(12)) == float(rate(99)) <= np.finfo("float32").eps


# ---- the allowance --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [10**3, 10**4, 10**6])
def test_sums_are_allowed_what_lambda_8_gives(n):
    """Eight standard deviations of a sum of n roundings, and no more."""
    u = 2.0**-24
    expected = np.expm1(8 * np.sqrt(n) * u + n * u * u / (1 - u))
    assert allowance.gamma(n, u) == min(n * u / (1 - n * u), expected)
