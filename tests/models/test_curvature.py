"""The Hessian times a vector: beside TensorFlow's, beside differences of gradients, and in sharpness."""

import re
from typing import Any

import numpy as np
import pytest

import handnn
from handnn.models import curvature
from handnn.rounding import allowance
from handnn.rounding.bounded import Bounded

LAYERS = handnn.layers
HIDDEN = tuple(curvature.SECOND)
HEADS = [
    ("linear", "mse"),
    ("tanh", "mse"),
    ("softmax", "categorical_crossentropy"),
    ("sigmoid", "binary_crossentropy"),
]
CASES = list(dict.fromkeys([(f, *HEADS[i % 4]) for i, f in enumerate(HIDDEN)] + [("tanh", *head) for head in HEADS]))


def made(hidden: str, output: str, loss: str, dtype: str, rng: Any) -> tuple[Any, Any, Any, list[Any]]:
    stack = [LAYERS.Dense(5, hidden, dtype=dtype), LAYERS.Dense(4, hidden, use_bias=False, dtype=dtype)]
    model = handnn.Sequential([handnn.Input((3,), dtype=dtype), *stack, LAYERS.Dense(2, output, dtype=dtype)])
    model.compile("sgd", handnn.losses.get(loss, dtype=dtype))
    size = 0.3 if hidden == "exponential" else 1  # exp of exp: saturated probabilities have no certain digit
    model.set_weights([rng.normal(0, size, w.shape).astype(dtype) for w in model.get_weights()])
    x, y = rng.normal(size=(6, 3)).astype(dtype), rng.uniform(size=(6, 2)).astype(dtype)
    return model, x, y, [rng.normal(size=w.shape).astype(dtype) for w in model.get_weights()]


def bounds(model: Any, x: Any, y: Any, v: list[Any]) -> list[Any]:
    """Return the error bounds of the hand-written pass, by running it on `Bounded` arrays."""
    stack, loss = curvature.checked(model)
    parts, numbers = iter(map(Bounded, v)), []
    for layer in stack:
        b = None if layer.bias is None else Bounded(layer.bias.value)
        V = next(parts)
        numbers.append(
            curvature.DenseLayer(
                Bounded(layer.kernel.value), b, V, None if b is None else next(parts), layer.activation
            )
        )
    return [own.error for own in curvature.curvature_pass(numbers, loss, Bounded(x), Bounded(y))]


@pytest.mark.quick(1)
@pytest.mark.parametrize(("hidden", "output", "loss"), CASES)
def test_it_is_tensorflows(hidden: str, output: str, loss: str, dtype: str, tf: Any, rng: Any) -> None:
    from tf_reference import KerasTwin

    model, x, y, v = made(hidden, output, loss, dtype, rng)
    twin = KerasTwin(model.get_config(), model.get_weights(), model.loss)
    variables = [variable.value for variable in twin.model.trainable_variables]
    with tf.autodiff.ForwardAccumulator(variables, [tf.constant(part) for part in v]) as forward:
        with tf.GradientTape() as tape:
            value = twin.loss(y, twin.model(x))
        gradients = tape.gradient(value, variables)
    theirs = [forward.jvp(gradient).numpy() for gradient in gradients]
    found = handnn.hessian_vector_product(model, x, y, v)
    for own, other, bound in zip(found, theirs, bounds(model, x, y, v), strict=True):
        assert own.dtype == dtype and own.shape == other.shape
        assert (np.abs(own - other) <= allowance.of(bound, dtype)).all()
        assert (np.abs(own) > allowance.of(bound, dtype)).any()  # so that some digit is certain


@pytest.mark.parametrize(("hidden", "output", "loss"), CASES)
def test_it_is_the_difference_of_gradients(hidden: str, output: str, loss: str, rng: Any) -> None:
    model, x, y, v = made(hidden, output, loss, "float64", rng)
    found, start = handnn.hessian_vector_product(model, x, y, v), model.get_weights()

    def difference(h: float) -> list[Any]:
        sides = []
        for way in (h, -h):
            model.set_weights([w + way * part for w, part in zip(start, v, strict=True)])
            sides.append(model.loss_and_gradients(x, y)[1])
        return [(one - two) / (2 * h) for one, two in zip(*sides, strict=True)]

    h = float(np.cbrt(allowance.unit_roundoff("float64")))
    rounding = max(np.abs(g).max() for g in model.loss_and_gradients(x, y)[1]) * allowance.gamma(99, 2.0**-53) / h
    for own, coarse, fine in zip(found, difference(8 * h), difference(h), strict=True):
        assert (np.abs(own - fine) <= np.abs(coarse - fine) + rounding).all()  # the coarse one is 64 times as far off
        assert (np.abs(own) > np.abs(coarse - fine) + rounding).any()


def test_sharpness_is_the_largest_eigenvalue(rng: Any) -> None:
    model, x, y, _ = made("tanh", "softmax", "categorical_crossentropy", "float64", rng)
    shapes = [w.shape for w in model.get_weights()]
    size = sum(int(np.prod(shape)) for shape in shapes)
    rows = []
    for unit in np.eye(size):
        parts = np.split(unit, np.cumsum([int(np.prod(shape)) for shape in shapes])[:-1])
        v = [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]
        rows.append(np.concatenate([p.reshape(-1) for p in handnn.hessian_vector_product(model, x, y, v)]))
    hessian = np.array(rows)
    off = size * allowance.gamma(200, allowance.unit_roundoff("float64")) * np.abs(hessian).max()
    assert (np.abs(hessian - hessian.T) <= off).all()
    largest = np.linalg.eigvalsh(hessian)[-1]
    assert abs(handnn.models.curvature.sharpness(model, x, y, steps=size) - largest) <= size * off
    assert handnn.models.curvature.sharpness(model, x, y, steps=3) <= largest + size * off


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"layer": LAYERS.Dropout(0.5)}, "model must be a stack of Dense layers"),
        ({"layer": LAYERS.Dense(3, kernel_regularizer="l2")}, "without regularizers"),
        ({"layer": LAYERS.Dense(3, "gelu")}, "activations must be of linear, relu"),
        ({"loss": "huber"}, "loss must be a mean_squared_error"),
        ({"loss": handnn.losses.CategoricalCrossentropy(label_smoothing=0.1)}, "with its defaults"),
        ({"v": 1}, "v must be arrays of shapes [(3, 2), (2,)]; received [(3, 2)]"),
    ],
)
def test_what_it_does_not_have_is_said(change: dict[str, Any], told: str) -> None:
    inner = [change["layer"]] if "layer" in change else []
    model = handnn.Sequential([handnn.Input((3,)), *inner, LAYERS.Dense(2)])
    model.compile("sgd", change.get("loss", "mse"))
    v = model.get_weights()
    with pytest.raises(ValueError, match=re.escape(told)):
        handnn.hessian_vector_product(model, np.ones((2, 3)), np.ones((2, 2)), v[: change.get("v", 9)])


def test_the_sharpness_of_two_weights_is_exact_after_two_steps(rng, assert_agrees):
    """The Hessian of the mean square of x w - y is 2 x^T x / n, and its eigenvalues are m +- sqrt(h^2 + b^2).

    The bound is that of this formula, whose sums the Hessian-vector products take as well.
    """
    model = handnn.Sequential([handnn.Input((2,), dtype="float64"), LAYERS.Dense(1, use_bias=False, dtype="float64")])
    model.compile("sgd", "mse")
    x = rng.normal(size=(5, 2))
    u, v = Bounded(x[:, 0]), Bounded(x[:, 1])
    a, b, c = (2 * np.sum(one * other) / 5 for one, other in ((u, u), (u, v), (v, v)))
    largest = (a + c) / 2 + np.sqrt(np.square((a - c) / 2) + b * b)
    found = np.float64(curvature.sharpness(model, x, np.zeros((5, 1)), steps=2))
    assert_agrees("largest eigenvalue", found, largest.value, largest)
