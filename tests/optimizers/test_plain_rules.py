"""Rules written out in plain NumPy, large weights that are not contiguous, wrapped states; no Keras."""

import numpy as np
import pytest

from handnn import optimizers
from handnn.core.memory import contiguous
from handnn.core.variable import Variable
from handnn.optimizers import fusion
from handnn.optimizers.base import MAX_CACHED
from handnn.rounding.bounded import Bounded
from handnn.verify.optimizer_steps import OptimizerState, step_taken

STEPS = 4


def nesterov(gradients, x, rate=0.25, mu=0.5):
    m = np.zeros_like(x)
    for g in gradients:
        m = mu * m - rate * g
        x = x + mu * m - rate * g
    return x


def adadelta(gradients, x, rate=0.25, rho=0.5, epsilon=0.25):
    a, d = np.zeros_like(x), np.zeros_like(x)
    for g in gradients:
        a = rho * a + (1 - rho) * g * g
        step = np.sqrt(d + epsilon) / np.sqrt(a + epsilon) * g
        d = rho * d + (1 - rho) * step * step
        x = x - rate * step
    return x


def lamb(gradients, x, rate=0.25, beta_1=0.5, beta_2=0.75, epsilon=0.25):
    m, v = np.zeros_like(x), np.zeros_like(x)
    for t, g in enumerate(gradients, start=1):
        m, v = beta_1 * m + (1 - beta_1) * g, beta_2 * v + (1 - beta_2) * g * g
        step = m / (1 - beta_1**t) / (np.sqrt(v / (1 - beta_2**t)) + epsilon)
        x = x - rate * (np.sqrt(np.sum(x * x)) / np.sqrt(np.sum(step * step)) if np.any(x != 0) else 1) * step
    return x


def rmsprop(gradients, x, rate=0.25, rho=0.75, mu=0.5, epsilon=0.25):
    v, a, m = np.zeros_like(x), np.zeros_like(x), np.zeros_like(x)
    for g in gradients:
        v, a = rho * v + (1 - rho) * g * g, rho * a + (1 - rho) * g
        m = mu * m + rate * g / np.sqrt(v - a * a + epsilon)
        x = x - m
    return x


def amsgrad(gradients, x, rate=0.25, beta_1=0.5, beta_2=0.75, epsilon=0.25):
    m, v, largest = np.zeros_like(x), np.zeros_like(x), np.zeros_like(x)
    for t, g in enumerate(gradients, start=1):
        m, v = beta_1 * m + (1 - beta_1) * g, beta_2 * v + (1 - beta_2) * g * g
        largest = np.maximum(largest, v)
        x = x - rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t) * m / (np.sqrt(largest) + epsilon)
    return x


RULES = [
    (nesterov, optimizers.SGD(0.25, momentum=0.5, nesterov=True)),
    (rmsprop, optimizers.RMSprop(0.25, rho=0.75, momentum=0.5, epsilon=0.25, centered=True)),
    (adadelta, optimizers.Adadelta(0.25, rho=0.5, epsilon=0.25)),
    (amsgrad, optimizers.Adam(0.25, beta_1=0.5, beta_2=0.75, epsilon=0.25, amsgrad=True)),
    (lamb, optimizers.Lamb(0.25, beta_1=0.5, beta_2=0.75, epsilon=0.25)),
]


@pytest.mark.parametrize(("rule", "optimizer"), RULES, ids=[rule.__name__ for rule, _ in RULES])
def test_rules_are_the_plain_ones(rule, optimizer, rng, assert_agrees):
    gradients = rng.normal(size=(STEPS, 5)) * [[4.0], [1.0], [0.5], [2.0]]
    for x in (rng.normal(size=5), np.zeros(5)):
        expected, found, own = rule(list(map(Bounded, gradients)), Bounded(x)), x.copy(), optimizer.unbuilt()
        for g in gradients:
            own.apply([g], [found])
        assert_agrees(rule.__name__, found, expected.value, expected)


def test_few_places_of_gradients_are_remembered():
    xs, adam, every = contiguous([(2,), (3,)], "float32"), optimizers.Adam(0.25), []
    for x in xs:
        x[...] = 1
    for _ in range(MAX_CACHED + 3):
        every.append(contiguous([(2,), (3,)], "float32"))
        for g in every[-1]:
            g[...] = 1
        adam.apply(every[-1], xs)
    assert len(adam._known) == MAX_CACHED


@pytest.mark.parametrize("name", list(optimizers.optimizers))
def test_weights_side_by_side_in_memory_take_the_steps_of_weights_apart(name, rng):
    """Rules of norms or of shapes too, which must not see them as one weight; and one of them without decay."""
    shapes, found = [(2, 3), (3,)], []
    start, gradients = [rng.normal(size=shape) for shape in shapes], [rng.normal(size=shape) for shape in shapes]
    for places in (contiguous(shapes, "float64"), [np.empty(shape) for shape in shapes]):
        own = optimizers.optimizers[name](0.25, weight_decay=0.125)
        own.exclude_from_weight_decay(var_names=["bias"])
        gs = contiguous(shapes, "float64") if not found else [np.empty(shape) for shape in shapes]
        for one, value in zip((*places, *gs), (*start, *gradients), strict=True):
            one[...] = value
        xs = [Variable(x, name=path[2:], path=path) for x, path in zip(places, ("d/kernel", "d/bias"), strict=True)]
        for _ in range(3):
            own.apply_gradients(zip(gs, xs, strict=True))
        found.append([x.numpy() for x in xs])
    assert all(map(np.array_equal, *found)) and not np.array_equal(found[0][0], start[0])


@pytest.mark.parametrize("other", ["gradient", "weights"])
def test_what_is_remembered_of_one_list_is_not_used_for_another(other, rng):
    (gs, xs, ys), sgd = [contiguous([(2,), (3,)], "float64") for _ in range(3)], optimizers.SGD(1.0)
    for g in gs:
        g[...] = rng.normal(size=g.shape)
    for _ in range(2):
        sgd.apply(gs, xs)
    assert np.array_equal(xs[1], -2 * gs[1])
    if other == "gradient":
        sgd.apply([gs[0], np.ones(3)], xs)
        assert np.array_equal(xs[1], -2 * gs[1] - 1)
    else:
        sgd.apply(gs, ys)
        assert np.array_equal(xs[1], -2 * gs[1]) and np.array_equal(ys[1], -gs[1])


def test_prodigy_is_the_plain_rule_while_its_distance_grows(rng, assert_agrees):
    gradients, start = rng.uniform(1, 2, (12, 5)), rng.normal(size=5)
    found, x, d, r, s, m, v = start.copy(), Bounded(start), 1e-3, 0.0, 0.0, 0.0, 0.0
    own = optimizers.Prodigy(0.5, beta_1=0.75, beta_2=0.25, epsilon=0.125, initial_distance=d)
    for g in gradients:
        own.apply([g], [found])
        scale, moved = 0.5 * d * d, np.sum((start - x) * g)
        s = 0.5 * s + 0.5 * scale * g
        m, v = 0.75 * m + 0.25 * d * g, 0.25 * v + 0.75 * (d * g) ** 2
        x = x - 0.5 * d * m / (np.sqrt(v) + 0.125 * d)
        r = 0.5 * r + 0.5 * scale * moved
        d = np.maximum(d, r / np.sum(np.abs(s)))
    assert d.value > 1.1e-3
    assert_agrees("x", found, x.value, x)


def test_soap_may_turn_at_every_step():
    assert optimizers.SOAP(frequency=1).frequency == 1


def test_the_first_of_four_steps_of_warm_up_is_a_quarter_as_long():
    found = []
    for steps in (0, 4):
        x = np.zeros(3)
        optimizers.ScheduleFreeAdamW(0.125, epsilon=0.0, weight_decay=0.0, warmup_steps=steps).apply([np.ones(3)], [x])
        found.append(x)
    assert np.array_equal(found[1], found[0] / 4) and found[0].any()  # a factor of 1/4 does not round


def test_a_loss_is_scaled_once_and_averages_are_put_in_by_the_optimizer_inside():
    inner = optimizers.SGD(1.0, loss_scale_factor=8.0, use_ema=True, ema_momentum=0.5)
    scaling, x = optimizers.LossScaleOptimizer(inner, initial_scale=4.0), Variable(np.zeros(2), name="x", path="x")
    for _ in range(2):
        scaling.apply_gradients([(scaling.scale_loss(np.array([1.0, -2.0])), x)])
    assert np.array_equal(x.numpy(), [-2.0, 4.0])
    scaling.finalize_variable_values([x])
    assert np.array_equal(x.numpy(), inner.variables[-1].numpy()) and not np.array_equal(x.numpy(), [-2.0, 4.0])


def test_lamb_without_a_gradient_stays():
    x = np.array([3.0, 4.0])
    optimizers.Lamb(0.25).apply([np.zeros(2)], [x])
    assert np.array_equal(x, [3.0, 4.0])


@pytest.mark.parametrize("steps", [0, 5])
def test_muon_maps_the_singular_values(steps, assert_agrees):
    """The first step is from u = g + mu g; its s becomes s / (|s| + 1e-7), then a s + b s^3 + c s^5 by each iteration.

    Both orthogonal matrices are of halves, so that g has exactly these singular values. The bound is of Muon's step.
    """
    left = np.array([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]]) / 2
    right, s, x = np.hstack([left[[2, 0, 3, 1]], np.zeros((4, 1))]), np.array([7.0, 5.0, 3.0, 2.0]), np.zeros((4, 5))
    g, s = (left * s) @ right, 1.5 * s
    s = s / (np.linalg.norm(s) + 1e-7)
    for _ in range(steps):
        s = 3.4445 * s - 4.775 * s**3 + 2.0315 * s**5
    own = optimizers.Muon(0.5, momentum=0.5, ns_steps=steps, rms_rate=0.25, weight_decay=None)
    weight = Variable(x, name="x", path="x")
    own.build([weight])
    before = OptimizerState([x], [variable.numpy() for variable in own.variables])
    (bounded,), _ = step_taken(own, before, [g], [weight], Bounded)
    own.unbuilt().apply([g], [x])
    assert_agrees("x", x, -0.5 * 0.25 * np.sqrt(5) * (left * s) @ right, bounded.value)


@pytest.mark.parametrize("limit", ["clipnorm", "clipvalue", "global_clipnorm"])
def test_a_limit_of_0_is_none_as_in_keras(limit):
    x = np.zeros(2)
    optimizers.SGD(1.0, **{limit: 0.0}).apply([np.array([3.0, -4.0])], [x])
    assert np.array_equal(x, [-3.0, 4.0])


def test_gradients_are_cast_to_the_weights_dtype_first(rng):
    g = rng.normal(size=(3, 4))
    found = []
    for dtype in ("float64", "float32"):
        x, adam = np.ones(4, "float32"), optimizers.Adam(0.25)
        for gradient in g.astype("float32") if dtype == "float32" else g:
            adam.apply([gradient], [x])
        found.append(x)
    assert np.array_equal(*found)


def test_the_first_step_of_schedule_free_adamw_is_as_long_for_any_gradient():
    """v / (1 - beta_2) is g^2 after one step."""
    found = []
    for size in (0.5, 1.0, 64.0):
        x = np.zeros(3)
        optimizers.ScheduleFreeAdamW(0.125, epsilon=0.0, weight_decay=0.0).apply([np.full(3, size)], [x])
        found.append(x[0])
    assert found == [found[0]] * 3 and 0 < -found[0] <= 0.125  # powers of 2, which scale without rounding


@pytest.mark.parametrize("cls", [optimizers.Adam, optimizers.SGD])
def test_a_large_weight_takes_the_same_step_however_it_lies_in_memory(cls, rng):
    shape = (fusion.BLOCK // 64 + 3, 67)
    x, g = rng.normal(size=shape), rng.normal(size=shape)
    found = []
    for lay in (np.copy, np.asfortranarray, lambda a: np.repeat(a, 2, axis=1)[:, ::2]):
        weight, gradient, optimizer = lay(x), lay(g), cls(0.125, weight_decay=0.25)
        optimizer.apply([gradient], [weight])
        optimizer.apply([gradient], [weight])
        found.append(weight)
    assert np.array_equal(found[0], found[1]) and np.array_equal(found[0], found[2])
    assert not np.any(found[0] == x)


def test_the_state_of_several_optimizers_comes_back(rng):
    def make():
        xs = [np.ones(3), np.ones((2, 2))]
        adam, sgd = optimizers.Adam(0.25), optimizers.SGD(0.25, momentum=0.5)
        return xs, optimizers.MultiOptimizer(lambda weight: adam if len(weight.shape) == 1 else sgd)

    gradients = [rng.normal(size=3), rng.normal(size=(2, 2))]
    (xs, one), (ys, other) = make(), make()
    for _ in range(3):
        one.apply(gradients, xs)
    other.build(ys)
    other.set_weights([variable.numpy() for variable in one.variables])
    ys = [x.copy() for x in xs]
    one.apply(gradients, xs)
    other.apply(gradients, ys)
    assert all(map(np.array_equal, xs, ys))
    with pytest.raises(ValueError, match="weights"):
        other.set_weights([variable.numpy() for variable in one.variables][:-1])
