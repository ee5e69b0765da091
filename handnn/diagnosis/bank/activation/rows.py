"""Mistakes in functions of rows."""

from typing import Any

import numpy as np

from ....activations import activations
from .spot import Spot, mistake, of


@mistake("softmax over everything", "a", "a = exp(z) / sum of all exp(z)", "a = exp(z) / sum over each row",
         "the sum runs over the whole batch", applies=of("softmax"))  # fmt: skip
def over_everything(at: Spot, a: Any) -> Any:
    e = np.exp(at.z - np.max(at.z))
    return e / np.sum(e)


@mistake("log-softmax: softmax forgotten", "delta", "delta = upstream - sum_j upstream_j",
         "delta = upstream - p sum_j upstream_j", "the factor p = softmax(z) is missing",
         applies=of("log_softmax"))  # fmt: skip
def without_softmax(at: Spot, delta: Any) -> Any:
    return at.upstream - at.upstream.sum(axis=-1, keepdims=True)


@mistake("log-softmax: diagonal only", "delta", "delta = upstream (1 - p)", "delta = upstream - p sum_j upstream_j",
         "every output depends on every z of its row: the Jacobian has more than a diagonal",
         applies=of("log_softmax"))  # fmt: skip
def log_diagonal(at: Spot, delta: Any) -> Any:
    return at.upstream * (1 - np.exp(at.a))


@mistake("log-softmax: a for p", "delta", "delta = upstream - a sum_j upstream_j",
         "delta = upstream - exp(a) sum_j upstream_j", "the output is log p, not p",
         applies=of("log_softmax"))  # fmt: skip
def log_for_probability(at: Spot, delta: Any) -> Any:
    return at.upstream - at.a * at.upstream.sum(axis=-1, keepdims=True)


@mistake("glu: halves exchanged", "a", "a = sigmoid(u) v", "a = u sigmoid(v)", "the gate is the second half",
         applies=of("glu"))  # fmt: skip
def halves_exchanged(at: Spot, a: Any) -> Any:
    u, v = np.split(at.z, 2, axis=-1)
    return activations["sigmoid"].forward(u) * v


@mistake("glu: derivative of the gate missing", "delta", "dv = upstream u s", "dv = upstream u s (1 - s)",
         "the derivative of sigmoid is s (1 - s)", applies=of("glu"))  # fmt: skip
def gate_not_derived(at: Spot, delta: Any) -> Any:
    u, v = np.split(at.z, 2, axis=-1)
    s = activations["sigmoid"].forward(v)
    return np.concatenate([at.upstream * s, at.upstream * u * s], axis=-1)


@mistake("glu: u missing in dv", "delta", "dv = upstream s (1 - s)", "dv = upstream u s (1 - s)",
         "the factor u is missing in the gate's gradient", applies=of("glu"))  # fmt: skip
def without_u(at: Spot, delta: Any) -> Any:
    s = activations["sigmoid"].forward(np.split(at.z, 2, axis=-1)[1])
    return np.concatenate([at.upstream * s, at.upstream * s * (1 - s)], axis=-1)


@mistake("sparsemax: mean not subtracted", "delta", "delta = upstream on the support",
         "delta = upstream - its mean over the support", "the threshold moves with every z of the support",
         applies=of("sparsemax"))  # fmt: skip
def mean_not_subtracted(at: Spot, delta: Any) -> Any:
    return at.upstream * (at.a > 0)


@mistake("sparsemax: mean over all", "delta", "delta = upstream - mean of all upstream, on the support",
         "delta = upstream - its mean over the support", "the mean runs over the support only",
         applies=of("sparsemax"))  # fmt: skip
def mean_over_all(at: Spot, delta: Any) -> Any:
    return (at.upstream - at.upstream.mean(axis=-1, keepdims=True)) * (at.a > 0)
