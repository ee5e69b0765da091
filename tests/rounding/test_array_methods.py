"""`Bounded` has an ndarray's methods, so that an edited formula may use any of them, and their bounds are sound."""

import numpy as np
import pytest

from handnn.rounding.bounded import Bounded

METHODS = {
    "sum": lambda a: a.sum(axis=0),
    "mean": lambda a: a.mean(axis=0),
    "mean of all": lambda a: a.mean(),
    "mean of several axes": lambda a: a.mean((0, 2), keepdims=True),
    "var": lambda a: a.var(axis=1),
    "var of a sample": lambda a: a.var(axis=1, ddof=1),
    "std": lambda a: a.std(axis=0),
    "max": lambda a: a.max(axis=0),
    "min": lambda a: a.min(axis=-1, keepdims=True),
    "prod": lambda a: a.prod(axis=0),
    "cumsum": lambda a: a.cumsum(1),
    "dot": lambda a: a.dot(a[0].T),
    "clip": lambda a: a.clip(-0.5, 0.5),
    "clip from below": lambda a: np.clip(a, 0, None),
    "squeeze": lambda a: a[:1].squeeze(0),
    "ravel": lambda a: a.ravel(),
    "flatten": lambda a: a.flatten(),
    "transpose": lambda a: a.transpose(2, 0, 1),
    "transpose by a tuple": lambda a: a.transpose((1, 0, 2)),
    "transpose of all": lambda a: a.transpose(),
    "swapaxes": lambda a: a.swapaxes(0, 2),
    "repeat": lambda a: a.repeat(2, axis=0),
    "take": lambda a: a.take([1, 0], axis=0),
    "copy": lambda a: a.copy(),
    "argmax": lambda a: a.argmax(axis=0),
    "any": lambda a: (a > 0).any(axis=0) if not isinstance(a, Bounded) else (a.value > 0).any(axis=0),
    "outer": lambda a: np.outer(a[0, 0], a[0, 1]),
    "reshape": lambda a: np.reshape(a, (3, -1)),
    "expand_dims": lambda a: np.expand_dims(a, 1),
    "zeros_like": lambda a: np.zeros_like(a) + a,
    "ones_like": lambda a: np.ones_like(a) * a,
    "flip": lambda a: np.flip(a, 0),
}


@pytest.mark.parametrize("name", METHODS)
def test_a_method_gives_what_an_array_gives_within_its_bound(name, rng):
    method, e = METHODS[name], 2.0**-13
    a = rng.normal(size=(3, 4, 5)).astype("float32")
    bounded = method(Bounded(a, e))
    expected = method(a)
    value = getattr(bounded, "value", bounded)
    assert np.array_equal(value, expected) and value.dtype == expected.dtype
    if not isinstance(bounded, Bounded):
        assert value.dtype.kind in "bi"
        return
    for _ in range(20):  # inputs that are anywhere within their errors, and without rounding
        moved = a.astype("float64") + e * rng.choice([-1, 1, 0.5], a.shape)
        assert np.all(np.abs(value - method(moved)) <= bounded.error)
    assert bounded.error.max() < 1e-2  # not just any bound


def test_an_element_that_is_set_brings_its_error(rng):
    a = Bounded(np.zeros(3, "float32"))
    a[1] = Bounded(np.float32(2), 0.5)
    a[2] = 4
    assert a.value.tolist() == [0, 2, 4] and a.error.tolist() == [0, 0.5, 0]


def test_a_formula_edited_to_use_the_mean_is_verified(keras, rng, monkeypatch):
    """`db = delta.mean(axis=0)` is wrong; it ended in "'Bounded' object has no attribute 'mean'"."""
    import handnn
    from handnn.layers import Dense
    from handnn.verify import verify_model

    backward = Dense.backward

    def edited(self, t):
        backward(self, t)
        t.gradients["bias"] = t.delta.mean(axis=0)

    model = handnn.Sequential([handnn.Input((3,)), Dense(2, name="output")])
    model.compile("sgd", "mse")
    monkeypatch.setattr(Dense, "backward", edited)
    report = verify_model(model, rng.normal(size=(5, 3)), rng.normal(size=(5, 2)))
    assert report.first_failure.where == "output db" and not report["output db"].undecided
