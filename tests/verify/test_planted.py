"""Every known mistake in one step is found by `verify_model`, and reported first where it is.

A mistake is a small replacement of one named step of handnn. Wiring mistakes are in test_planted_wiring.py, those of
optimizers in planted_optimizers/.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

from handnn import activations as f
from handnn.diagnosis.activation.check import check_activation
from handnn.layers import Dense, Dropout
from handnn.losses import BinaryCrossentropy as BCE
from handnn.losses import CategoricalCrossentropy as CCE
from handnn.losses import Loss, crossentropy
from handnn.losses import MeanAbsoluteError as MAE
from handnn.losses import MeanSquaredError as MSE
from handnn.losses import SparseCategoricalCrossentropy as Sparse

Plant = Callable[[pytest.MonkeyPatch, Any], None]


class Mistake(NamedTuple):
    name: str
    network: str
    layer: str
    tensor: str
    plant: Plant


def replace(owner: Any, name: str, wrong: Any) -> Plant:
    return lambda patch, model: patch.setattr(owner, name, wrong)


def after(owner: Any, name: str, change: Callable[..., Any], only: str | None = None) -> Plant:
    """Let the right method run, then change(layer, t) what it wrote; only in the layer of that name."""
    right = getattr(owner, name)

    def wrong(layer: Any, t: Any) -> None:
        right(layer, t)
        if only in (None, layer.name):
            change(layer, t)

    return replace(owner, name, wrong)


def result(owner: Any, name: str, change: Callable[..., Any]) -> Plant:
    """Replace what a method returns by change(result, *arguments)."""
    right = getattr(owner, name)
    return replace(owner, name, lambda self, *given, out=None: change(right(self, *given), *given))


def forward(change: Callable[..., Any], only: str | None = None) -> Plant:
    return after(Dense, "forward", change, only)


def gradient(name: str, formula: Callable[..., Any], only: str | None = None) -> Plant:
    """Replace dW ('kernel') or db ('bias') by formula(gradient, x, delta)."""

    def change(layer: Any, t: Any) -> None:
        t.gradients[name] = formula(t.gradients[name], t.x, t.delta)

    return after(Dense, "backward", change, only)


def dx(formula: Callable[..., Any], only: str | None = None) -> Plant:
    """Replace dx by formula(delta, W)."""

    def change(layer: Any, t: Any) -> None:
        t.dx = formula(t.delta, layer.kernel.value)

    return after(Dense, "backward", change, only)


def vjp(cls: type, formula: Callable[..., Any]) -> Plant:
    """Replace an activation's backward by formula(upstream, z, a)."""
    return replace(cls, "backward", lambda self, upstream, z, a, out=None: formula(upstream, z, a))


def through(dtype: str) -> Callable[..., None]:
    """z computed from x rounded to dtype and back."""

    def change(layer: Any, t: Any) -> None:
        t.z = np.dot(t.x.astype(dtype).astype(t.x.dtype), layer.kernel.value) + layer.bias.value

    return change


def set_to(tensor: str, formula: Callable[..., Any]) -> Callable[..., None]:
    return lambda layer, t: setattr(t, tensor, formula(layer, t))


def no_division(self: Any, y: Any, y_pred: Any, weight: Any = None, out: Any = None) -> Any:
    slopes = self.derivatives(y, y_pred)
    return slopes if weight is None else slopes * weight[..., np.newaxis]


def unweighted(self: Any, y: Any, y_pred: Any, weight: Any = None, out: Any = None) -> Any:
    return self.derivatives(y, y_pred) / len(y)


def mixed(upstream: Any, a: Any) -> Any:
    return (upstream * a).sum(axis=-1, keepdims=True)


sigmoid, softmax = f.sigmoid.forward, f.softmax.forward

FORWARD = [
    ("bias forgotten", "tanh", "z", forward(set_to("z", lambda layer, t: np.dot(t.x, layer.kernel.value)))),
    ("bias subtracted", "tanh", "z", forward(lambda layer, t: setattr(t, "z", t.z - 2 * layer.bias.value))),
    ("W transposed", "square", "z", forward(set_to("z", lambda layer, t: np.dot(t.x, layer.kernel.value.T)), "square")),
    ("silent float16", "tanh", "z", forward(through("float16"))),
    ("result in float16", "tanh", "z", forward(set_to("z", lambda layer, t: t.z.astype("float16")))),
    ("sigmoid of -z", "sigmoid", "a", result(f.Sigmoid, "forward", lambda a, z: 1 - a)),
    ("sigmoid for tanh", "tanh", "a", replace(f.Tanh, "forward", f.Sigmoid.forward)),
    ("absolute value for relu", "square", "a", result(f.Relu, "forward", lambda a, z: np.abs(z))),
    ("softmax over the batch", "output", "a", result(f.Softmax, "forward", lambda a, z: softmax(z.T).T)),
    ("softmax not normalised", "output", "a", result(f.Softmax, "forward", lambda a, z: np.exp(z))),
]

BACKWARD = [
    ("dW: 1/N twice", "output", "dW", gradient("kernel", lambda dW, x, delta: dW / len(x))),
    ("dW: factor 2", "output", "dW", gradient("kernel", lambda dW, x, delta: dW * 2)),
    ("dW: factor 1/2", "output", "dW", gradient("kernel", lambda dW, x, delta: dW / 2)),
    ("dW: sign", "output", "dW", gradient("kernel", lambda dW, x, delta: -dW)),
    ("dW: last sample only", "output", "dW", gradient("kernel", lambda dW, x, delta: np.dot(x[-1:].T, delta[-1:]))),
    ("dW: first sample only", "output", "dW", gradient("kernel", lambda dW, x, delta: np.dot(x[:1].T, delta[:1]))),
    ("dW: transposed", "output", "dW", gradient("kernel", lambda dW, x, delta: dW.T)),
    ("dW: transposed, square", "square", "dW", gradient("kernel", lambda dW, x, delta: dW.T, only="square")),
    ("dW: one sample left out", "output", "dW", gradient("kernel", lambda dW, x, delta: np.dot(x[1:].T, delta[1:]))),
    ("db: averaged", "output", "db", gradient("bias", lambda db, x, delta: db / len(x))),
    ("db: not summed", "output", "db", gradient("bias", lambda db, x, delta: delta)),
    ("db: over the wrong axis", "output", "db", gradient("bias", lambda db, x, delta: delta.sum(axis=1))),
    ("db: a sum of everything", "output", "db", gradient("bias", lambda db, x, delta: 0 * db + delta.sum())),
    ("db: zero", "output", "db", gradient("bias", lambda db, x, delta: 0 * db)),
    ("db: last sample only", "output", "db", gradient("bias", lambda db, x, delta: delta[-1])),
    ("db: sign", "output", "db", gradient("bias", lambda db, x, delta: -db)),
    ("dx: W for W.T", "square", "dx", dx(np.dot, only="square")),
    ("dx: updated W", "output", "dx", dx(lambda delta, W: np.dot(delta, 0.99 * W.T))),
    ("dx: delta handed on", "square", "dx", dx(lambda delta, W: delta, only="square")),
    ("tanh: f' left out", "tanh", "delta", vjp(f.Tanh, lambda up, z, a: up)),
    ("tanh: f' taken at a", "tanh", "delta", vjp(f.Tanh, lambda up, z, a: up * (1 - np.tanh(a) ** 2))),
    ("tanh: f' twice", "tanh", "delta", vjp(f.Tanh, lambda up, z, a: up * (1 - a * a) * (1 - a * a))),
    ("tanh: that of sigmoid", "tanh", "delta", vjp(f.Tanh, lambda up, z, a: up * a * (1 - a))),
    ("tanh: 1 - a", "tanh", "delta", vjp(f.Tanh, lambda up, z, a: up * (1 - a))),
    ("tanh: 1 - z^2", "tanh", "delta", vjp(f.Tanh, lambda up, z, a: up * (1 - z * z))),
    ("sigmoid: f' left out", "sigmoid", "delta", vjp(f.Sigmoid, lambda up, z, a: up)),
    ("sigmoid: f' taken at a", "sigmoid", "delta", vjp(f.Sigmoid, lambda up, z, a: up * sigmoid(a) * (1 - sigmoid(a)))),
    ("sigmoid: f' twice", "sigmoid", "delta", vjp(f.Sigmoid, lambda up, z, a: up * (a * (1 - a)) ** 2)),
    ("sigmoid: that of tanh", "sigmoid", "delta", vjp(f.Sigmoid, lambda up, z, a: up * (1 - a * a))),
    ("sigmoid: a", "sigmoid", "delta", vjp(f.Sigmoid, lambda up, z, a: up * a)),
    ("sigmoid: z (1 - z)", "sigmoid", "delta", vjp(f.Sigmoid, lambda up, z, a: up * z * (1 - z))),
    ("sigmoid: at 1 - z", "sigmoid", "delta", vjp(f.Sigmoid, lambda up, z, a: up * a * sigmoid(1 - z))),
    ("relu: mask lost", "square", "delta", vjp(f.Relu, lambda up, z, a: up)),
    ("relu: scaled by a", "square", "delta", vjp(f.Relu, lambda up, z, a: up * a)),
    ("relu: mask of delta's sign", "square", "delta", vjp(f.Relu, lambda up, z, a: up * (up > 0))),
    ("relu: mask turned round", "square", "delta", vjp(f.Relu, lambda up, z, a: up * (z < 0))),
]

SOFTMAX = [
    ("softmax: diagonal only", "softmax", "delta", vjp(f.Softmax, lambda up, z, a: up * a * (1 - a))),
    ("softmax: off the diagonal only", "softmax", "delta", vjp(f.Softmax, lambda up, z, a: -a * mixed(up, a))),
    ("softmax: sign", "softmax", "delta", vjp(f.Softmax, lambda up, z, a: a * (mixed(up, a) - up))),
    ("softmax: doubled", "softmax", "delta", vjp(f.Softmax, lambda up, z, a: 2 * a * (up - mixed(up, a)))),
    ("softmax: a forgotten", "softmax", "delta", vjp(f.Softmax, lambda up, z, a: up - mixed(up, a))),
    ("dropout: mask forgotten", "dropout", "z", after(Dropout, "forward", set_to("z", lambda layer, t: t.x))),
    (
        "dropout: scale forgotten",
        "dropout",
        "z",
        after(Dropout, "forward", set_to("z", lambda layer, t: t.x * (t.mask > 0))),
    ),
    ("dropout: no mask backward", "dropout", "dx", after(Dropout, "backward", set_to("dx", lambda layer, t: t.delta))),
    (
        "dropout: no scale backward",
        "dropout",
        "dx",
        after(Dropout, "backward", set_to("dx", lambda layer, t: t.delta * (t.mask > 0))),
    ),
    ("linear: halved backward", "output", "delta", vjp(f.Linear, lambda up, z, a: up / 2)),
    ("mse: missing 1/K", "output", "upstream", result(MSE, "derivatives", lambda s, y, p: s * p.shape[-1])),
    ("mse: values without 1/K", "output", "values", result(MSE, "values", lambda v, y, p: v * p.shape[-1])),
    ("mse: 2 forgotten", "output", "upstream", result(MSE, "derivatives", lambda s, y, p: s / 2)),
    ("mse: doubled", "output", "upstream", result(MSE, "derivatives", lambda s, y, p: s * 2)),
    ("mse: 1/2 in the value", "output", "values", result(MSE, "values", lambda v, y, p: v / 2)),
    ("mse: sign", "output", "upstream", result(MSE, "derivatives", lambda s, y, p: -s)),
]

LOSS = [
    ("missing 1/N", "classifier", "loss", replace(Loss, "divisor", lambda self, count, weight: 1)),
    ("missing 1/N in the gradient", "classifier", "delta", replace(Loss, "gradient_of_reduced", no_division)),
    ("missing 1/N in the gradient", "regression", "upstream", replace(Loss, "gradient_of_reduced", no_division)),
    ("sample weights forgotten", "classifier", "delta", replace(Loss, "gradient_of_reduced", unweighted)),
    ("y - p", "classifier", "delta", result(CCE, "derivatives", lambda s, y, z: -s)),
    ("y - p", "labelled", "upstream", result(Sparse, "derivatives", lambda s, y, z: -s)),
    ("logits for probabilities", "classifier", "delta", result(CCE, "derivatives", lambda s, y, z: z - y)),
    (
        "logits for probabilities",
        "classifier",
        "values",
        result(CCE, "values", lambda v, y, z: -(y * np.log(crossentropy.clip(z))).sum(axis=-1)),
    ),
    (
        "softmax derivative once more",
        "classifier",
        "delta",
        result(CCE, "derivatives", lambda s, y, z: s * softmax(z) * (1 - softmax(z))),
    ),
    (
        "softmax derivative once more",
        "labelled",
        "upstream",
        result(Sparse, "derivatives", lambda s, y, z: f.softmax.backward(s, z, softmax(z))),
    ),
    (
        "sigmoid derivative once more",
        "binary",
        "delta",
        result(BCE, "derivatives", lambda s, y, z: s * sigmoid(z) * (1 - sigmoid(z))),
    ),
    ("missing 1/K", "binary", "delta", result(BCE, "derivatives", lambda s, y, z: s * z.shape[-1])),
    ("missing 1/K", "absolute", "upstream", result(MAE, "derivatives", lambda s, y, p: s * p.shape[-1])),
    ("sign", "absolute", "upstream", result(MAE, "derivatives", lambda s, y, p: -s)),
    (
        "not normalised",
        "unfused",
        "upstream",
        result(CCE, "derivatives", lambda s, y, p: np.where(crossentropy.inside_clip(p), -y / p, 0)),
    ),
    ("clip ignored", "unfused", "values", replace(crossentropy, "clip", lambda p: p)),
    ("clip ignored", "unfused", "upstream", replace(crossentropy, "inside_clip", lambda p: p > -1)),
]
LOSS_LAYER = "output"

MISTAKES = [
    *[Mistake(name, "classifier", layer, tensor, plant) for name, layer, tensor, plant in (*FORWARD, *BACKWARD)],
    *[Mistake(name, "regression", layer, tensor, plant) for name, layer, tensor, plant in SOFTMAX],
    *[Mistake(f"loss: {name}", network, LOSS_LAYER, tensor, plant) for name, network, tensor, plant in LOSS],
]


def identity(mistake: Mistake) -> str:
    return f"{mistake.name}, {mistake.network} {mistake.tensor}"


@pytest.mark.quick(3)
@pytest.mark.parametrize("network", ["classifier", "labelled", "binary", "regression", "absolute", "unfused"])
def test_nothing_is_wrong_before_anything_is_planted(network, dtype, verify):
    report = verify(network, dtype)
    assert report.ok, report.verdict()


@pytest.mark.quick(30)
@pytest.mark.parametrize("mistake", MISTAKES, ids=identity)
def test_mistake_is_found_where_it_is(mistake, dtype, verify):
    report = verify(mistake.network, dtype, mistake.plant)
    assert not report.ok
    first = report.first_failure
    assert (first.check, first.layer, first.tensor) == ("splice", mistake.layer, mistake.tensor), first.sentence()


def test_mistakes_are_named_apart():
    names = [identity(mistake) for mistake in MISTAKES]
    assert len(set(names)) == len(names)


def test_silent_float32_in_a_float64_network(verify):
    report = verify("classifier", "float64", forward(through("float32")))
    assert (report.first_failure.layer, report.first_failure.tensor) == ("tanh", "z")


@pytest.mark.parametrize("tensor", ["kernel", "bias"])
def test_a_factor_of_1_00001_at_32_samples(tensor, dtype, verify):
    plant = gradient(tensor, lambda g, x, delta: g * (1 + 1e-5), only="sigmoid")
    report = verify("classifier", dtype, plant, batch=32)
    assert not report.ok
    assert report.first_failure.where == f"sigmoid {'dW' if tensor == 'kernel' else 'db'}"


def test_db_forgotten(dtype, verify):
    report = verify("classifier", dtype, after(Dense, "backward", lambda layer, t: t.gradients.pop("bias")))
    assert report.first_failure.where == "output db"


def test_dx_forgotten(dtype, verify):
    assert verify("classifier", dtype, dx(lambda delta, W: None, "tanh")).first_failure.where == "tanh dx"


def test_relu_mask_from_a_is_the_same(dtype, verify):
    """f'(a) is f'(z) for relu, because a > 0 where z > 0: no mistake, and not called one."""
    assert verify("classifier", dtype, vjp(f.Relu, lambda up, z, a: up * (a > 0))).ok


def test_a_formula_that_loses_digits_is_allowed_them_here_and_not_by_the_diagnosis(verify):
    """tanh' as a difference over 2 h, off by u / h: five digits of seven are right, and no more are asked of it.

    `verify` allows a formula what it loses itself; `handnn.diagnosis` holds it against the derivative.
    """
    h = np.float32(2.0**-10)

    def difference(upstream, z, a):
        return upstream * (np.tanh(z + h) - np.tanh(z - h)) / (2 * h)

    assert verify("classifier", "float32", vjp(f.Tanh, difference)).ok
    verdict = check_activation(np.tanh, lambda z: difference(1, z, None), "tanh", dtype="float32")
    assert verdict.verdict == "unstable" and not verdict.ok
