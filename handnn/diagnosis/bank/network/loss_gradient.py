"""Mistakes in the gradient of the loss."""

from typing import Any

from ..base import mistake
from .at import At


@mistake(
    "gradient not divided by N",
    "slopes",
    "delta = p - y",
    "delta = (p - y) / N",
    "the loss is a mean over N samples, its gradient is not",
    equivalent="one sample",
)
def missing_mean(at: At, slopes: Any) -> Any:
    return slopes * at.N


@mistake(
    "gradient divided by N twice",
    "slopes",
    "delta = (p - y) / N^2",
    "delta = (p - y) / N",
    "1/N stands in the gradient twice",
    equivalent="one sample",
)
def mean_twice(at: At, slopes: Any) -> Any:
    return slopes / at.N


@mistake(
    "gradient not divided by the number of outputs",
    "slopes",
    "dL/da = 2 (a - y) / N",
    "dL/da = 2 (a - y) / (N K)",
    "the loss is a mean over K outputs, its gradient is not",
    applies=lambda at: at.K > 1,
    equivalent="one output",
)
def missing_outputs(at: At, slopes: Any) -> Any:
    return slopes * at.K


@mistake(
    "gradient divided by the number of outputs",
    "slopes",
    "delta = (p - y) / (N K)",
    "delta = (p - y) / N",
    "the gradient is a mean over the outputs, the loss is not",
    applies=lambda at: at.K > 1,
    equivalent="one output",
)
def divided_by_outputs(at: At, slopes: Any) -> Any:
    return slopes / at.K


@mistake(
    "gradient of the loss doubled",
    "slopes",
    "dL/da = 2 dL/da",
    "dL/da",
    "a factor 2 too many: of the square, or counted for two classes",
)
def doubled(at: At, slopes: Any) -> Any:
    return slopes * 2


@mistake(
    "factor 2 of the square forgotten",
    "slopes",
    "dL/da = (a - y) / N",
    "dL/da = 2 (a - y) / N",
    "the gradient is half of what it must be: the derivative of x^2 is 2 x",
)
def halved(at: At, slopes: Any) -> Any:
    return slopes / 2


@mistake(
    "y - a for a - y",
    "slopes",
    "dL/da = y - a",
    "dL/da = a - y",
    "the sign of the loss' gradient is wrong: target minus output for output minus target",
)
def loss_gradient_sign(at: At, slopes: Any) -> Any:
    return -slopes


@mistake(
    "logits for probabilities",
    "slopes",
    "delta = (z - y) / N",
    "delta = (f(z) - y) / N",
    "the weighted input z stands where the output f(z) belongs",
    applies=lambda at: at.fused and at.y.shape == at.z.shape,
)
def logits_for_probabilities(at: At, slopes: Any) -> Any:
    return (at.z - at.y) / at.N


@mistake(
    "labels forgotten in the gradient",
    "slopes",
    "delta = f(z) / N",
    "delta = (f(z) - y) / N",
    "the targets are not subtracted",
    applies=lambda at: at.fused and at.y.shape == at.z.shape,
)
def labels_forgotten(at: At, slopes: Any) -> Any:
    return slopes + at.y / at.N
