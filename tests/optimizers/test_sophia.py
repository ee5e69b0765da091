"""Sophia's estimates of the Hessian's diagonal, when they are taken, and what is said where there are none."""

from typing import Any

import numpy as np
import pytest

import handnn
from handnn.models.curvature import BatchCurvature
from handnn.optimizers import SophiaG, SophiaH

DRAWS = 4000


def network(output: str, loss: str, optimizer: Any, dtype: str = "float64") -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(5)
    layers = [handnn.Input((2,), dtype=dtype), handnn.layers.Dense(3, "tanh", dtype=dtype)]
    model = handnn.Sequential([*layers, handnn.layers.Dense(2, output, dtype=dtype)])
    model.compile(optimizer, loss)
    model.set_weights([rng.normal(size=w.shape) for w in model.get_weights()])
    x = rng.normal(size=(4, 2))
    y = rng.normal(size=(4, 2)) if loss == "mse" else np.eye(2)[[0, 1, 1, 0]]
    return model, x, y


def flat(arrays: Any) -> Any:
    return np.concatenate([np.ravel(a) for a in arrays])


def gauss_newton(model: Any, x: Any, loss: str) -> Any:
    """Return the diagonal of J.T H J / n from differences of z of the last layer: the definition, no gradients."""
    start, step = model.get_weights(), 2.0**-17
    sizes = [w.size for w in start]

    def z(vector: Any) -> Any:
        parts = np.split(vector, np.cumsum(sizes)[:-1])
        model.set_weights([p.reshape(w.shape) for p, w in zip(parts, start, strict=True)])
        return model.trace(x, np.eye(2)[[0, 1, 1, 0]])[model.layers[-1].name].z.copy()

    vector, columns = flat(start), []
    for k in range(vector.size):
        e = step * np.eye(vector.size)[k]
        columns.append((z(vector + e) - z(vector - e)) / (2 * step))
    model.set_weights(start)
    a, found = model.predict_on_batch(x), []
    for J in columns:  # (n, 2): dz of every sample along one weight
        if loss == "mse":
            inner = J**2  # 2 / k, with k = 2
            found.append(inner.sum() / len(x))
        elif loss == "binary_crossentropy":
            found.append((a * (1 - a) * J**2).sum() / (2 * len(x)))
        else:
            found.append((np.sum(a * J**2, axis=1) - np.sum(a * J, axis=1) ** 2).sum() / len(x))
    return np.array(found)


@pytest.mark.parametrize(
    ("output", "loss"),
    [("softmax", "categorical_crossentropy"), ("sigmoid", "binary_crossentropy"), ("linear", "mse")],
)
def test_the_mean_of_sophia_gs_estimates_is_the_gauss_newton_diagonal(output: str, loss: str) -> None:
    model, x, y = network(output, loss, SophiaG())
    side, rng = BatchCurvature(model, x, y), np.random.default_rng(0)
    drawn = np.array([flat(side.gauss_newton(rng)) for _ in range(DRAWS // 20)])
    error = drawn.std(axis=0, ddof=1) / np.sqrt(len(drawn))
    off = np.abs(drawn.mean(axis=0) - gauss_newton(model, x, loss)) / error
    assert off.max() < 5, off  # five deviations of the mean, 17 weights
    assert np.abs(2 * drawn.mean(axis=0) - gauss_newton(model, x, loss)).max() / error.max() > 5  # a factor is seen


def test_sophia_hs_estimate_is_u_times_h_u_and_its_mean_the_diagonal() -> None:
    model, x, y = network("softmax", "categorical_crossentropy", SophiaH())
    side = BatchCurvature(model, x, y)
    rng = np.random.default_rng([3, 0])
    found = SophiaH(seed=3).estimate(side, rng)
    rng = np.random.default_rng([3, 0])
    u = [rng.normal(size=w.shape) for w in model.get_weights()]
    for own, v, product in zip(found, u, handnn.hessian_vector_product(model, x, y, u), strict=True):
        np.testing.assert_array_equal(own, v * product)
    size = flat(u).size
    cuts = np.cumsum([v.size for v in u])[:-1]
    unit = [[p.reshape(v.shape) for p, v in zip(np.split(row, cuts), u, strict=True)] for row in np.eye(size)]
    dense = np.array([flat(handnn.hessian_vector_product(model, x, y, e)) for e in unit])
    drawn = np.random.default_rng(0).normal(size=(DRAWS, size))
    estimates = drawn * (drawn @ dense)  # what the rule computes, for many u at once
    off = np.abs(estimates.mean(axis=0) - np.diag(dense)) / (estimates.std(axis=0, ddof=1) / np.sqrt(DRAWS))
    assert off.max() < 5


def test_estimates_are_taken_every_few_steps_from_the_first_on(monkeypatch: Any) -> None:
    model, x, y = network("softmax", "categorical_crossentropy", SophiaH(0.01, frequency=3), "float32")
    taken: list[int] = []
    own = SophiaH.take_estimate
    monkeypatch.setattr(SophiaH, "take_estimate", lambda self, h: (taken.append(self.iterations), own(self, h))[1])
    first = model.evaluate(x, y)
    model.fit(x, y, batch_size=2, epochs=4, verbose=0, shuffle=False)
    assert taken == [0, 3, 6] and model.evaluate(x, y) < first


@pytest.mark.parametrize("optimizer", [SophiaH, SophiaG])
def test_what_is_drawn_follows_from_the_seed(optimizer: Any) -> None:
    found = []
    for seed in (0, 5, 5):
        model, x, y = network("softmax", "categorical_crossentropy", optimizer(seed=seed))
        model.train_on_batch(x, y)
        found.append(flat(slot.variable.value for slot in model.optimizer.all_slots() if slot.slot == "hessian"))
    assert np.array_equal(found[1], found[2]) and not np.array_equal(found[0], found[1])


@pytest.mark.parametrize("optimizer", [SophiaH, SophiaG])
def test_fit_takes_the_steps_of_the_rule_at_the_weights_before_the_step(optimizer: Any) -> None:
    """One step by hand: the estimate, the averages and the clipped step, from the weights before it."""
    model, x, y = network("softmax", "categorical_crossentropy", optimizer(0.125, epsilon=1e-3))
    before, rule = model.get_weights(), model.optimizer
    _, gradients = model.loss_and_gradients(x, y)
    h = optimizer().estimate(BatchCurvature(model, x, y), np.random.default_rng([0, 0]))
    model.train_on_batch(x, y)
    for w, new, g, own in zip(before, model.get_weights(), gradients, h, strict=True):
        step = np.clip((1 - rule.beta_1) * g / np.maximum(rule.gamma * (1 - rule.beta_2) * own, 1e-3), -1, 1)
        rounding = 16 * 2.0**-52 * (np.abs(w) + 0.125 * np.abs(step))  # a dozen operations on either side
        assert (np.abs(new - (w - 0.125 * step)) <= rounding).all()


def test_where_there_is_no_hessian_it_is_said_in_one_line(command: Any, tmp_path: Any) -> None:
    with pytest.raises(ValueError, match="SophiaH needs the Hessian of a network"):
        SophiaH().apply([np.ones(2)], [np.ones(2)])
    model = handnn.Sequential([handnn.Input((3,)), handnn.layers.Dense(2, "gelu"), handnn.layers.Dense(1)])
    model.compile("sophiah", "mse")
    with pytest.raises(ValueError, match="SophiaH needs Hessian products: activations must be of"):
        model.fit(np.ones((4, 3)), np.ones((4, 1)), verbose=0)
    status, out, err = command("compare", "--data", "moons", "--optimizers", "sgd,sophiag", "--activation", "gelu")
    assert (status, out, err.count("\n")) == (2, "", 1) and "SophiaG needs Hessian products" in err
    assert not (tmp_path / "logs").exists()
