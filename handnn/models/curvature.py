"""Second derivatives of a multi-layer perceptron: the Hessian times a vector, by hand, and its largest eigenvalue.

Forward over reverse (Pearlmutter 1994, 'Fast exact multiplication by the Hessian'): R{} is the derivative of a quantity
while the weights move along v. The rules of forward and backward are differentiated line by line:

    z     = x @ W + b           R{z}     = R{x} @ W + x @ V + c           v = (V, c) for every layer, R{input} = 0
    a     = f(z)                R{a}     = f'(z) R{z}
    delta = g f'(z)             R{delta} = R{g} f'(z) + g f''(z) R{z}     g = dL/da
    dW    = x.T @ delta         R{dW}    = R{x}.T @ delta + x.T @ R{delta}
    db    = sum of delta        R{db}    = sum of R{delta}
    dx    = delta @ W.T         R{dx}    = R{delta} @ W.T + delta @ V.T

The output layer starts with R{g} = L''(a) R{a}, or with R{delta} = d2L/dz2 R{z} where loss and activation are fused.
R{dW} and R{db} are H v, with H the matrix of all second derivatives of the loss; it costs about two backward passes.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from .. import losses
from ..core.variable import Array
from ..layers import Dense

SECOND: dict[str, Callable[[Any, Any], Any]] = {
    "linear": lambda z, a: 0 * a,
    "relu": lambda z, a: 0 * a,
    "leaky_relu": lambda z, a: 0 * a,
    "exponential": lambda z, a: a,
    "sigmoid": lambda z, a: a * (1 - a) * (1 - 2 * a),
    "softplus": lambda z, a: np.exp(-a) * (1 - np.exp(-a)),  # sigmoid(z) = 1 - exp(-softplus(z))
    "tanh": lambda z, a: -2 * a * (1 - a * a),
}
"""f''(z) of the activations that hidden layers may have; 0 on both sides of a kink."""


class DenseLayer(NamedTuple):
    """The numbers of a layer, and the direction in which they move: V for W, c for b (None without a bias)."""

    W: Any
    b: Any
    V: Any
    c: Any
    f: Any


def hessian_vector_product(model: Any, x: Any, y: Any, v: Iterable[Any]) -> list[Array]:
    """Return H v, with H the second derivatives of the mean loss of a batch by all trainable weights.

    Args:
        model: compiled stack of Dense layers with the activations of `SECOND`, and a mean squared error, or a
            cross-entropy of softmax or sigmoid outputs.
        x, y: the batch. v: one array for each weight, in its shape, in get_weights() order.

    Raises:
        ValueError: the model has something else, or an array of v does not fit its weight.

    Source: Pearlmutter (1994); the rules are at the top of this file.
    """
    stack, loss = checked(model)
    x, y, _ = model.prepare_batch(x, y)
    weights = model.trainable_weights
    given = [np.asarray(part, weight.dtype) for part, weight in zip(v, weights, strict=False)]
    if [part.shape for part in given] != [weight.shape for weight in weights]:
        wanted, came = [weight.shape for weight in weights], [part.shape for part in given]
        raise ValueError(f"v must be arrays of shapes {wanted}; received {came}")
    parts, numbers = iter(given), []
    for layer in stack:
        b = None if layer.bias is None else layer.bias.value
        V = next(parts)
        numbers.append(DenseLayer(layer.kernel.value, b, V, None if b is None else next(parts), layer.activation))
    return curvature_pass(numbers, loss, x, y)


class BatchCurvature:
    """The second derivatives of the mean loss of a batch, at the weights that the model has when they are asked for.

    Raises:
        ValueError: the model is none that `hessian_vector_product` takes.
    """

    def __init__(self, model: Any, x: Any, y: Any) -> None:
        try:
            self.loss = checked(model)[1]
        except ValueError as error:
            raise ValueError(f"{type(model.optimizer).__name__} needs Hessian products: {error}") from None
        self.model, self.x, self.y = model, x, y
        self.weights = [weight.value for weight in model.trainable_weights]

    def product(self, v: list[Array]) -> list[Array]:
        """Return H v."""
        return hessian_vector_product(self.model, self.x, self.y, v)

    def gauss_newton(self, rng: np.random.Generator) -> list[Array]:
        """Return an estimate of the diagonal of the Gauss-Newton matrix: n g * g, g for targets drawn by the network.

        Where the loss of a sample is -log p(y), the mean of g * g is the diagonal of the Gauss-Newton matrix / n, since
        the gradients of the samples are independent and 0 in the mean (Bartlett). A binary cross-entropy is the mean
        over k outputs, -log p / k, hence the factor k; a mean squared error is -log p of a normal distribution around
        the output with variance k / 2, up to a constant.
        """
        a = self.model.predict_on_batch(self.x)
        samples, outputs = a.shape
        if self.loss == "softmax":  # u < cumulative p: the first class for which it is true
            drawn = (np.cumsum(a, axis=1) < rng.random((samples, 1)) * np.sum(a, axis=1, keepdims=True)).sum(axis=1)
            y = np.eye(outputs, dtype=a.dtype)[np.minimum(drawn, outputs - 1)]
        elif self.loss == "sigmoid":
            y = (rng.random(a.shape) < a).astype(a.dtype)
        else:
            y = (a + math.sqrt(outputs / 2) * rng.normal(size=a.shape)).astype(a.dtype)
        _, gradients = self.model.loss_and_gradients(self.x, y)
        return [g * g * (samples * (outputs if self.loss == "sigmoid" else 1)) for g in gradients]


def curvature_pass(stack: Sequence[DenseLayer], loss: str, x: Any, y: Any) -> list[Any]:
    """Return R{dW}, R{db} of every layer; `loss` is 'mse' or a fused 'softmax' or 'sigmoid'."""
    seen = []
    Rx = None
    for layer in stack:
        z, Rz = np.dot(x, layer.W), np.dot(x, layer.V)
        if Rx is not None:
            Rz = Rz + np.dot(Rx, layer.W)
        if layer.b is not None:
            z, Rz = z + layer.b, Rz + layer.c
        a = layer.f.forward(z)
        seen.append((x, Rx, z, Rz, a))
        x, Rx = a, None if loss in ("softmax", "sigmoid") and layer is stack[-1] else layer.f.backward(Rz, z, a)
    found: list[Any] = []
    g, Rg = None, None
    for layer, (x, Rx, z, Rz, a) in zip(reversed(stack), reversed(seen), strict=True):
        if g is None:
            delta, Rdelta = _output(loss, layer, z, Rz, a, y)
        else:
            delta = layer.f.backward(g, z, a)
            Rdelta = layer.f.backward(Rg, z, a) + g * SECOND[layer.f.name](z, a) * Rz
        RdW = np.dot(x.T, Rdelta)
        if Rx is not None:
            RdW = RdW + np.dot(Rx.T, delta)
        found = [RdW, *([] if layer.b is None else [np.sum(Rdelta, axis=0)]), *found]
        g, Rg = np.dot(delta, layer.W.T), np.dot(Rdelta, layer.W.T) + np.dot(delta, layer.V.T)
    return found


def _output(loss: str, layer: DenseLayer, z: Any, Rz: Any, a: Any, y: Any) -> tuple[Any, Any]:
    """Return delta and R{delta} of the output layer."""
    samples, outputs = y.shape
    if loss == "mse":  # L = sum (a - y)^2 / (n k)
        g, Rg = (a - y) * (2 / (samples * outputs)), layer.f.backward(Rz, z, a) * (2 / (samples * outputs))
        delta = layer.f.backward(g, z, a)
        return delta, layer.f.backward(Rg, z, a) + g * SECOND[layer.f.name](z, a) * Rz
    if loss == "sigmoid":  # delta = (a - y) / (n k)
        return (a - y) / (samples * outputs), a * (1 - a) * Rz / (samples * outputs)
    return (a - y) / samples, (a * Rz - a * np.sum(a * Rz, axis=1, keepdims=True)) / samples  # delta = (p - y) / n


def checked(model: Any) -> tuple[list[Any], str]:
    """Return the Dense layers and the kind of the loss: 'mse', or a fused 'softmax' or 'sigmoid'.

    Raises:
        ValueError: the model is none that `hessian_vector_product` takes.
    """
    stack = [node.layer for node in model.nodes]
    for i, layer in enumerate(stack):
        plain = type(layer) is Dense and layer.trainable and list(model.nodes[i].parents) == [i - 1]
        penalties = [layer.activity_regularizer, *(weight.regularizer for weight in layer.weights)]
        if not plain or any(own is not None for own in penalties):
            raise ValueError(f"model must be a stack of Dense layers without regularizers; {layer.name} is none")
    kinds = [layer.activation.name for layer in stack]
    given, last = model.loss, kinds.pop()
    fused = {
        ("categorical_crossentropy", "softmax"): "softmax",
        ("binary_crossentropy", "sigmoid"): "sigmoid",
    }
    loss = fused.get((getattr(given, "name", ""), last), "mse")
    if loss == "mse":
        kinds.append(last)
    usual = isinstance(given, losses.Loss) and given.get_config() == type(given)(name=given.name).get_config()
    if not usual or (loss == "mse" and given.name != "mean_squared_error"):
        raise ValueError(
            "loss must be a mean_squared_error, or a categorical_crossentropy of softmax or a binary_crossentropy of "
            f"sigmoid outputs, with its defaults; received {given!r}"
        )
    unknown = [kind for kind in kinds if kind not in SECOND]
    if unknown:
        raise ValueError(f"activations must be of {', '.join(SECOND)}; received {unknown[0]}")
    return stack, loss


def sharpness(model: Any, x: Any, y: Any, steps: int = 20, seed: int = 0) -> float:
    """Return the largest eigenvalue of the Hessian of the mean loss of a batch, by Lanczos' iteration.

    Gradient descent with a rate above 2 / sharpness leaves a minimum of this curvature. Arguments and errors are those
    of `hessian_vector_product`.

    Args:
        steps: of the iteration, each one product. The result never exceeds the largest eigenvalue but for rounding.

    Source: Golub and Van Loan (2013), section 10.1, with every vector made orthogonal to all before.
    """
    shapes = [weight.shape for weight in model.trainable_weights]
    cuts = np.cumsum([int(np.prod(shape)) for shape in shapes])
    size, basis = int(cuts[-1]), list[Array]()
    q = np.random.default_rng(seed).normal(size=size)
    projected = np.zeros((min(steps, size),) * 2)
    for k in range(len(projected)):
        for own in (*basis, *basis):  # twice, so that rounding leaves nothing of them
            q = q - own * np.dot(own, q)
        length = np.linalg.norm(q)
        if not length > 0:
            projected = projected[:k, :k]
            break
        basis.append(q / length)
        parts = np.split(basis[-1], cuts[:-1])
        given = [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]
        q = np.concatenate([part.reshape(-1) for part in hessian_vector_product(model, x, y, given)]).astype("float64")
        projected[: k + 1, k] = projected[k, : k + 1] = [np.dot(own, q) for own in basis]
    return float(np.linalg.eigvalsh(projected)[-1])
