"""Mistakes in the forward pass and in the value of the loss."""

from typing import Any

import numpy as np

from ..base import mistake
from .at import At


@mistake("bias forgotten", "z", "z = x W", "z = x W + b", "the bias is not added")
def bias_forgotten(at: At, z: Any) -> Any:
    return z - at.b


@mistake(
    "bias subtracted", "z", "z = x W - b", "z = x W + b", "the bias is subtracted, and its gradient has the other sign"
)
def bias_subtracted(at: At, z: Any) -> Any:
    return z - 2 * at.b


@mistake("bias added twice", "z", "z = x W + 2 b", "z = x W + b", "the bias is added twice")
def bias_twice(at: At, z: Any) -> Any:
    return z + at.b


@mistake(
    "kernel transposed in the forward pass",
    "z",
    "z = x W.T + b",
    "z = x W + b",
    "W is transposed where it must not be",
    applies=lambda at: at.W.shape[0] == at.W.shape[1],
    equivalent="symmetric W; only a square W can be transposed unseen",
)
def kernel_transposed(at: At, z: Any) -> Any:
    return np.dot(at.x, at.W.T) + at.b


@mistake(
    "activation forgotten",
    "a",
    "a = z",
    "a = f(z)",
    "the activation is left out in the forward pass",
    applies=lambda at: at.f.name != "linear",
    equivalent="linear layers",
)
def activation_forgotten(at: At, a: Any) -> Any:
    return at.z


@mistake(
    "activation applied twice",
    "a",
    "a = f(f(z))",
    "a = f(z)",
    "the activation is applied to its own output",
    applies=lambda at: at.f.name not in ("linear", "relu"),
    equivalent="linear and ReLU: f(f(z)) = f(z)",
)
def activation_twice(at: At, a: Any) -> Any:
    return at.f.forward(a)


@mistake(
    "softmax over the batch",
    "a",
    "a = exp(z) / sum over samples",
    "a = exp(z) / sum over outputs",
    "softmax normalises over the wrong axis: over the samples instead of each sample's outputs",
    applies=lambda at: at.f.name == "softmax",
)
def softmax_axis(at: At, a: Any) -> Any:
    return at.f.forward(at.z.T).T


@mistake(
    "softmax not normalised",
    "a",
    "a = exp(z)",
    "a = exp(z) / sum exp(z)",
    "the exponentials are not divided by their sum",
    applies=lambda at: at.f.name == "softmax",
)
def softmax_not_normalised(at: At, a: Any) -> Any:
    return np.exp(at.z)


@mistake(
    "sigmoid for softmax",
    "a",
    "a = sigmoid(z)",
    "a = softmax(z)",
    "sigmoid stands where softmax belongs: the outputs do not sum to 1",
    applies=lambda at: at.f.name == "softmax",
)
def sigmoid_for_softmax(at: At, a: Any) -> Any:
    return 1 / (1 + np.exp(-at.z))


@mistake(
    "loss of the last sample only",
    "values",
    "L = loss of x_N",
    "L = mean over the samples",
    "one sample's loss for the batch's",
)
def last_value(at: At, values: Any) -> Any:
    return values[-1:]


@mistake("loss with the wrong sign", "loss", "L = +sum y log p", "L = -sum y log p", "the loss has the wrong sign")
def loss_sign(at: At, loss: Any) -> Any:
    return -loss


@mistake(
    "l2 missing in the loss",
    "loss",
    "L = mean of the losses",
    "L = mean of the losses + l2 sum W^2",
    "the penalty is in the gradient but not in the loss",
    applies=lambda at: at.l2 > 0,
)
def l2_not_in_loss(at: At, loss: Any) -> Any:
    return loss - at.l2 * sum((layer.W * layer.W).sum() for layer in at.layers)
