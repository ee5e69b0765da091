"""Mistakes in the derivative of one activation."""

from typing import Any

import numpy as np

from ..base import mistake
from .at import At
from .conditions import computed, hidden, of, slope, with_slope


@mistake(
    "tanh' = 1 - a",
    "delta",
    "tanh'(z) = 1 - a",
    "tanh'(z) = 1 - a^2",
    "the square of tanh is forgotten in its derivative",
    applies=of("tanh"),
)
def tanh_not_squared(at: At, delta: Any) -> Any:
    return at.upstream * (1 - at.a)


@mistake(
    "tanh' = 1 + a^2",
    "delta",
    "tanh'(z) = 1 + a^2",
    "tanh'(z) = 1 - a^2",
    "the sign in the derivative of tanh is wrong",
    applies=of("tanh"),
)
def tanh_plus(at: At, delta: Any) -> Any:
    return at.upstream * (1 + at.a * at.a)


@mistake(
    "tanh' = 1 - z^2",
    "delta",
    "tanh'(z) = 1 - z^2",
    "tanh'(z) = 1 - tanh(z)^2",
    "z stands where a = tanh(z) belongs",
    applies=of("tanh"),
)
def tanh_of_z(at: At, delta: Any) -> Any:
    return at.upstream * (1 - at.z * at.z)


@mistake(
    "sigmoid' = a",
    "delta",
    "sigmoid'(z) = a",
    "sigmoid'(z) = a (1 - a)",
    "the factor 1 - a is missing",
    applies=of("sigmoid"),
)
def sigmoid_a(at: At, delta: Any) -> Any:
    return at.upstream * at.a


@mistake(
    "sigmoid' = 1 - a",
    "delta",
    "sigmoid'(z) = 1 - a",
    "sigmoid'(z) = a (1 - a)",
    "the factor a is missing",
    applies=of("sigmoid"),
)
def sigmoid_one_minus_a(at: At, delta: Any) -> Any:
    return at.upstream * (1 - at.a)


@mistake(
    "sigmoid' = z (1 - z)",
    "delta",
    "sigmoid'(z) = z (1 - z)",
    "sigmoid'(z) = a (1 - a)",
    "z stands where a = sigmoid(z) belongs",
    applies=of("sigmoid"),
)
def sigmoid_of_z(at: At, delta: Any) -> Any:
    return at.upstream * at.z * (1 - at.z)


@mistake(
    "sigmoid' = a (1 + a)",
    "delta",
    "sigmoid'(z) = a (1 + a)",
    "sigmoid'(z) = a (1 - a)",
    "the sign in the derivative of sigmoid is wrong",
    applies=of("sigmoid"),
)
def sigmoid_plus(at: At, delta: Any) -> Any:
    return at.upstream * at.a * (1 + at.a)


@mistake(
    "sigmoid' = sigmoid(z) sigmoid(1 - z)",
    "delta",
    "sigmoid'(z) = sigmoid(z) sigmoid(1 - z)",
    "sigmoid'(z) = sigmoid(z) (1 - sigmoid(z))",
    "sigmoid(1 - z) is printed where 1 - sigmoid(z) belongs",
    applies=of("sigmoid"),
)
def sigmoid_misprint(at: At, delta: Any) -> Any:
    return at.upstream * at.a / (1 + np.exp(at.z - 1))


@mistake(
    "sigmoid' = sigmoid(1 - a)",
    "delta",
    "sigmoid'(z) = sigmoid(1 - sigmoid(z))",
    "sigmoid'(z) = sigmoid(z) (1 - sigmoid(z))",
    "sigmoid is taken of 1 - a, where a and 1 - a are multiplied",
    applies=of("sigmoid"),
)
def sigmoid_nested(at: At, delta: Any) -> Any:
    return at.upstream / (1 + np.exp(at.a - 1))


@mistake(
    "ReLU' = a",
    "delta",
    "delta = upstream * a",
    "delta = upstream * (z > 0)",
    "the output a is taken for the derivative of ReLU",
    applies=of("relu"),
)
def relu_scaled(at: At, delta: Any) -> Any:
    return at.upstream * at.a


@mistake(
    "ReLU mask from the gradient's sign",
    "delta",
    "delta = upstream * (upstream > 0)",
    "delta = upstream * (z > 0)",
    "the mask is taken from the upstream gradient instead of z",
    applies=of("relu"),
)
def relu_mask_of_upstream(at: At, delta: Any) -> Any:
    return at.upstream * (at.upstream > 0)


@mistake(
    "ReLU mask turned round",
    "delta",
    "delta = upstream * (z < 0)",
    "delta = upstream * (z > 0)",
    "the gradient passes where ReLU is off",
    applies=of("relu"),
)
def relu_mask_inverted(at: At, delta: Any) -> Any:
    return at.upstream * (at.z <= 0)


@mistake(
    "softmax Jacobian's diagonal only",
    "delta",
    "delta = upstream * p (1 - p)",
    "delta = p (upstream - sum_j upstream_j p_j)",
    "every output of softmax depends on every input of its row: the Jacobian has more than a diagonal",
    applies=of("softmax"),
)
def softmax_diagonal(at: At, delta: Any) -> Any:
    return at.upstream * at.a * (1 - at.a)


@mistake(
    "softmax Jacobian without its diagonal",
    "delta",
    "delta = -p sum_j upstream_j p_j",
    "delta = p (upstream - sum_j upstream_j p_j)",
    "the term of j = k is missing",
    applies=of("softmax"),
)
def softmax_off_diagonal(at: At, delta: Any) -> Any:
    return -at.a * (at.upstream * at.a).sum(axis=-1, keepdims=True)


@mistake(
    "softmax's p forgotten in front",
    "delta",
    "delta = upstream - sum_j upstream_j p_j",
    "delta = p (upstream - sum_j upstream_j p_j)",
    "the factor p in front is missing",
    applies=of("softmax"),
)
def softmax_factor(at: At, delta: Any) -> Any:
    return at.upstream - (at.upstream * at.a).sum(axis=-1, keepdims=True)


@mistake(
    "sign of delta",
    "delta",
    "delta = -upstream * f'(z)",
    "delta = upstream * f'(z)",
    "a sign is wrong on the way through the activation",
    applies=computed,
)
def delta_sign(at: At, delta: Any) -> Any:
    return -delta


@mistake(
    "z of the layer above in f'",
    "delta",
    "delta = upstream * f'(z above)",
    "delta = upstream * f'(z)",
    "the derivative is taken at the next layer's z: an index is off by one",
    applies=lambda at: hidden(at) and with_slope(at) and at.layers[at.layer + 1].z.shape == at.z.shape,
)
def slope_of_next(at: At, delta: Any) -> Any:
    return slope(at.f, at.layers[at.layer + 1].z, at.upstream)
