"""Optimizers that Keras does not have, each against a second derivation from its paper.

The second derivation has no state: it computes every quantity from all gradients so far, in extended precision, by the
closed form of the paper's recursion (an average is a weighted sum of what it has seen). What rounding may change is
bounded by the running error analysis of handnn's own steps; of matrix roots and bases, by what disturbed gradients do.
"""

import inspect
from typing import Any

import numpy as np
import pytest

import handnn
from handnn import optimizers
from handnn.core.variable import Variable
from handnn.optimizers import recent
from handnn.rounding import allowance
from handnn.rounding.bounded import Bounded
from handnn.specs import optimizer as optimizer_spec
from handnn.verify.optimizer_steps import _bound

STEPS = 7
SHAPES = {"matrix": (4, 3), "vector": (3,), "scalar": ()}
Array = Any


def average(share: float, seen: list[Array]) -> Array:
    """Return what the average a <- share a + (1 - share) s, started at 0, is after these."""
    weights = [np.longdouble(share) ** (len(seen) - 1 - i) for i in range(len(seen))]
    return (1 - np.longdouble(share)) * sum(w * s for w, s in zip(weights, seen, strict=True))


def unbiased(share: float, seen: list[Array]) -> Array:
    return average(share, seen) / (1 - np.longdouble(share) ** len(seen))


def signum(o: Any, g: list[list[Array]], x: list[list[Array]], i: int) -> Array:
    """Bernstein et al. 2018, Algorithm 2."""
    return np.sign(average(o.beta, g[i]))


def ademamix(o: Any, g: list[list[Array]], x: list[list[Array]], i: int) -> Array:
    """Pagliardini et al. 2024, Algorithm 1 with its schedules (equations of section 3)."""
    t, one = len(g[i]), np.longdouble(1)
    betas = []
    for k in range(1, t + 1):
        share, low, high = one * k / (o.warmup or k), np.log(one * o.beta_1), np.log(one * o.beta_3)
        grown = np.exp(low * high / ((1 - share) * high + share * low)) if share < 1 else one * o.beta_3
        betas.append(min(grown, one * o.beta_3))
    slow = sum((1 - betas[k]) * np.prod(betas[k + 1 :], initial=one) * g[i][k] for k in range(t))
    alpha = one * o.alpha * min(one * t / (o.warmup or t), one)
    squares = [own * own for own in g[i]]
    return (unbiased(o.beta_1, g[i]) + alpha * slow) / (np.sqrt(unbiased(o.beta_2, squares)) + np.longdouble(o.epsilon))


def adopt(o: Any, g: list[list[Array]], x: list[list[Array]], i: int) -> Array:
    """Taniguchi et al. 2024, Algorithm 2: v_0 = g_0^2, and from t = 1 on."""
    first, *rest = g[i]
    normed = []
    for t in range(1, len(rest) + 1):
        b2 = np.longdouble(o.beta_2)
        v = b2 ** (t - 1) * first**2 + average(o.beta_2, [own**2 for own in rest[: t - 1]])
        c = np.longdouble(t) ** np.longdouble(0.25)
        normed.append(np.clip(rest[t - 1] / np.maximum(np.sqrt(v), np.longdouble(o.epsilon)), -c, c))
    return average(o.beta_1, normed) if rest else 0 * first


def mars(o: Any, g: list[list[Array]], x: list[list[Array]], i: int) -> Array:
    """Yuan et al. 2024, Algorithm 2, c_t = g_t + gamma b1 / (1 - b1) (g_t - g_(t-1)) with g_0 = g_1."""
    b1, clipped = np.longdouble(o.beta_1), []
    for now, before in zip(g[i], [g[i][0], *g[i]], strict=False):
        c = now + np.longdouble(o.gamma) * (b1 / (1 - b1)) * (now - before)
        length = np.sqrt(np.sum(c * c))
        clipped.append(c / length if length > 1 else c)
    root = np.sqrt(unbiased(o.beta_2, [c * c for c in clipped]))
    return unbiased(o.beta_1, clipped) / (root + np.longdouble(o.epsilon))


def prodigy(o: Any, g: list[list[Array]], x: list[list[Array]], i: int) -> Array:
    """Mishchenko & Defazio 2023, Algorithm 4: d_k from all weights and steps so far."""
    keep, rate, d = np.sqrt(np.longdouble(o.beta_2)), np.longdouble(float(o.learning_rate)), []
    for k in range(len(g[i])):
        best = np.longdouble(o.initial_distance)
        for n in range(1, k + 1):
            inner = [
                rate * d[j] ** 2 * sum(np.sum(own[j] * (w[0] - w[j])) for own, w in zip(g, x, strict=True))
                for j in range(n)
            ]
            sums = [average(keep, [rate * d[j] ** 2 * own[j] for j in range(n)]) for own in g]
            best = max(best, average(keep, inner) / sum(np.sum(np.abs(s)) for s in sums))
        d.append(best)
    m = average(o.beta_1, [d[k] * own for k, own in enumerate(g[i])])
    v = average(o.beta_2, [d[k] ** 2 * own**2 for k, own in enumerate(g[i])])
    return d[-1] * m / (np.sqrt(v) + d[-1] * np.longdouble(o.epsilon))


def shampoo(o: Any, g: list[list[Array]], x: list[list[Array]], i: int) -> Array:
    """Gupta et al. 2018, Algorithm 1, roots by singular values; its diagonal form for vectors."""
    last = g[i][-1].astype("float64")
    if last.ndim < 2:
        return last / np.sqrt(o.epsilon + sum(own.astype("float64") ** 2 for own in g[i]))

    def root(products: list[Array]) -> Array:
        u, s, vt = np.linalg.svd(sum(products, o.epsilon * np.eye(len(products[0]))))
        return u @ np.diag(1 / np.sqrt(np.sqrt(s))) @ vt

    given = [own.astype("float64") for own in g[i]]
    return root([G @ G.T for G in given]) @ last @ root([G.T @ G for G in given])


def soap(o: Any, g: list[list[Array]], x: list[list[Array]], i: int) -> Array:
    """Vyas et al. 2024, Algorithm 3 on two weights' sides at once, bases by orthogonal iteration; vectors: Adam."""
    given, t = [own.astype("float64") for own in g[i]], len(g[i]) - 1
    if given[0].ndim < 2:
        squares = [own**2 for own in g[i]]
        correction = np.sqrt(1 - np.longdouble(o.beta_2) ** (t + 1))
        return unbiased(o.beta_1, g[i]) / (
            (np.sqrt(average(o.beta_2, squares)) + np.longdouble(o.epsilon)) / correction
        )
    if t == 0:
        return 0 * given[0]
    bases, moments = [], []
    for k in range(t):
        seen = given[: k + 1]
        sides = [G @ G.T for G in seen], [G.T @ G for G in seen]
        both = [average(o.beta_2, products).astype("float64") for products in sides]
        if k == 0:
            bases = [np.linalg.svd(moment)[0] for moment in both]
        elif k % o.frequency == 0:
            bases = [np.linalg.qr(moment @ basis)[0] for moment, basis in zip(both, bases, strict=True)]
        P, Q = bases
        moments.append((P.T @ given[k + 1] @ Q) ** 2)
        turned = bases
    P, Q = turned
    m = P.T @ average(o.beta_1, given[1:]).astype("float64") @ Q / (1 - o.beta_1**t)
    v = average(o.beta_2, moments).astype("float64")
    return P @ (m * np.sqrt(1 - o.beta_2**t) / (np.sqrt(v) + o.epsilon)) @ Q.T


def seen_estimates(o: Any, i: int, steps: int, dtype: str = "longdouble") -> list[Array]:
    """Return what stands for the estimates of the Hessian's diagonal, of both signs, in the steps that take one."""
    shape = list(SHAPES.values())[i]
    return [np.array(np.random.default_rng([i, t]).normal(0.3, 1.0, shape), "float32").astype(dtype)
            for t in range(0, steps, o.frequency)]  # fmt: skip


def sophia(o: Any, g: list[list[Array]], x: list[list[Array]], i: int) -> Array:
    """Liu et al. 2023, Algorithm 3, h as a weighted sum of all estimates so far."""
    m, h = average(o.beta_1, g[i]), average(o.beta_2, seen_estimates(o, i, len(g[i])))
    return np.clip(m / np.maximum(np.longdouble(o.gamma) * h, np.longdouble(o.epsilon)), -1, 1)


DERIVATIONS = {f.__name__: f for f in (signum, ademamix, adopt, mars, prodigy, shampoo, soap)}
DERIVATIONS |= {"sophiag": sophia, "sophiah": sophia}
WITH_MATRICES = ("shampoo", "soap")
CASES = [
    pytest.param(name, options, id=f"{name}-{k}")
    for name, cls in recent.items()
    for k, options in enumerate(({}, *cls.examples))
]


def drawn(seed: int, dtype: str) -> tuple[list[Array], list[list[Array]]]:
    """Return weights, and for each its gradients, of sizes from 1e-3 to 10."""
    rng = np.random.default_rng(seed)
    weights = [np.array(rng.normal(size=shape), dtype) for shape in SHAPES.values()]
    sizes = 10.0 ** rng.uniform(-3, 1, STEPS)
    return weights, [[np.array(size * rng.normal(size=w.shape), dtype) for size in sizes] for w in weights]


def expected(optimizer: Any, weights: list[Array], gradients: list[list[Array]]) -> list[list[Array]]:
    """Return the weights before the first step and after each, by the second derivation."""
    derivation = DERIVATIONS[type(optimizer).__name__.lower()]
    rate = np.longdouble(float(optimizer.learning_rate))
    paths = [[w.astype("longdouble")] for w in weights]
    for t in range(STEPS):
        seen = [[g.astype("longdouble") for g in own[: t + 1]] for own in gradients]
        steps = [derivation(optimizer, seen, paths, i) for i in range(len(weights))]
        for path, step in zip(paths, steps, strict=True):
            path.append(path[-1] - rate * step)
    return paths


def trained(optimizer: Any, weights: list[Array], gradients: list[list[Array]], kind: Any) -> list[list[Any]]:
    """Return the weights after each step of handnn's rule; with `Bounded`, their error bounds too."""
    own, variables = optimizer.unbuilt(), [Variable(w) for w in weights]
    own.build(variables)
    if kind is Bounded:
        _bound(own)
        for variable in (*variables, *(slot.variable for slot in own.all_slots())):
            variable.value = Bounded(variable.value)
        own.collect_slots()
    found: list[list[Any]] = [[] for _ in weights]
    with np.errstate(all="ignore"):
        for t in range(STEPS):
            if own.second_order and own.due:
                given = [seen_estimates(own, i, t + 1, str(w.dtype))[-1] for i, w in enumerate(weights)]
                own.take_estimate([kind(estimate) for estimate in given])
            own.take_step([kind(g[t]) for g in gradients], variables, [v.value for v in variables])
            for path, variable in zip(found, variables, strict=True):
                path.append(variable.value.copy())
    return found


def allowed(optimizer: Any, weights: list[Array], gradients: list[list[Array]]) -> list[list[Array]]:
    """Return what rounding may do to each weight after each step."""
    if type(optimizer).__name__.lower() not in WITH_MATRICES:
        bounds = trained(optimizer, weights, gradients, Bounded)
        return [[allowance.of(value.error, value.dtype) for value in path] for path in bounds]
    exact, rng = expected(optimizer, weights, gradients), np.random.default_rng(0)
    off: list[list[Array]] = [[np.zeros(w.shape) for _ in range(STEPS)] for w in weights]
    relative = allowance.gamma(STEPS * 7 * 7, allowance.unit_roundoff(weights[0].dtype))  # sums of so many products
    for _ in range(6):
        moved = [[g * (1 + relative * rng.uniform(-1, 1, g.shape)) for g in own] for own in gradients]
        for path, one, two in zip(off, exact, expected(optimizer, weights, moved), strict=True):
            for t in range(STEPS):
                path[t] = np.maximum(path[t], np.max(np.abs(one[t + 1] - two[t + 1])).astype("float64"))
    for path, one, w in zip(off, exact, weights, strict=True):  # and each subtraction from x is rounded
        for t in range(STEPS):
            path[t] += sum(np.abs(x).astype("float64") for x in one[: t + 2]) * allowance.unit_roundoff(w.dtype)
    return [[allowance.of(own, w.dtype) for own in path] for path, w in zip(off, weights, strict=True)]


@pytest.mark.parametrize(("name", "options"), CASES)
def test_steps_are_those_of_a_second_derivation(name: str, options: dict[str, Any], dtype: str) -> None:
    optimizer = recent[name](**options)
    weights, gradients = drawn(3, dtype)
    paths = expected(optimizer, weights, gradients)
    limits, found = allowed(optimizer, weights, gradients), trained(optimizer, weights, gradients, np.array)
    for path, limit, own, shape in zip(paths, limits, found, SHAPES, strict=True):
        for t in range(STEPS):
            error = np.abs(own[t].astype("longdouble") - path[t + 1])
            assert (error <= limit[t]).all(), f"{shape} after step {t + 1}: {error.max():.2g}, {np.max(limit[t]):.2g}"
    assert all((own[-1] != w).all() for own, w in zip(found, weights, strict=True))


@pytest.mark.parametrize("name", list(recent))
def test_every_recent_optimizer_is_known_everywhere(name: str, keras: Any) -> None:
    cls = recent[name]
    assert not hasattr(keras.optimizers, cls.__name__)
    assert getattr(handnn.optimizers, cls.__name__) is cls
    assert "arXiv" in (inspect.getdoc(cls) or "")
    for options in ({}, *cls.examples):
        own = cls(**options)
        again = optimizers.get(optimizers.serialize(own))
        assert (type(again), again.get_config()) == (cls, own.get_config())
    assert type(optimizers.get(cls.__name__)) is type(optimizers.get(name)) is cls
    assert type(optimizer_spec.make(name, 0.1)) is cls
    assert optimizer_spec.usual_rate(name) > 0
    with pytest.raises(ValueError, match="unexpected keyword argument 'momentums'"):
        optimizer_spec.make(f"{name}(momentums=1)")


@pytest.mark.parametrize("name", list(recent))
@pytest.mark.quick(3)
def test_recent_optimizers_train_a_network_with_every_option(name: str) -> None:
    options = {"weight_decay": 1e-3, "global_clipnorm": 1.0, "use_ema": True, "gradient_accumulation_steps": 2}
    handnn.utils.set_random_seed(1)
    model = handnn.Sequential([handnn.Input((2,)), handnn.layers.Dense(8, "tanh"), handnn.layers.Dense(1)])
    optimizer = recent[name](learning_rate=optimizer_spec.usual_rate(name), **options)
    model.compile(optimizer, "mse")
    x = np.random.default_rng(0).normal(size=(64, 2))
    y = x[:, :1] * x[:, 1:]
    losses = model.fit(x, y, batch_size=16, epochs=40, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    kept = [w.numpy() for w in optimizer.variables]
    other = recent[name](**options)
    other.build(model.trainable_weights)
    other.set_weights(kept)
    assert all(np.array_equal(a.value, b) for a, b in zip(other.variables, kept, strict=True))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("train", "--optimizer", "prodigy"), "Keras has no Prodigy, so there is no twin; add --no-keras"),
        (("trace", "--optimizer", "adopt"), "Keras has no ADOPT, so there is no twin; add --no-keras"),
        (("trace", "--no-keras", "--optimizer", "soap"), "its step takes eigenvectors and cannot be written out"),
    ],
)
def test_commands_that_need_a_twin_say_so(arguments: tuple[str, ...], told: str, command: Any) -> None:
    status, _, error = command(*arguments, *(("--data", "xor") if arguments[0] == "train" else ()))
    assert (status, error.count("\n")) == (2, 1)
    assert told in error


def test_verify_model_leaves_the_steps_open(keras: Any, rng: np.random.Generator) -> None:
    model = handnn.Sequential([handnn.Input((3,)), handnn.layers.Dense(2)])
    model.compile("signum", "mse")
    report = handnn.verify.verify_model(model, rng.normal(size=(4, 3)), rng.normal(size=(4, 2)))
    assert not report.ok and not report.failures
    assert "INCOMPLETE" in report.verdict() and "Keras has no Signum" in report.verdict()
