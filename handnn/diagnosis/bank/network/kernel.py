"""Mistakes in dW."""

from typing import Any

import numpy as np

from ..base import mistake
from .at import At
from .conditions import with_slope


@mistake(
    "dW averaged again",
    "dW",
    "dW = x.T delta / N",
    "dW = x.T delta",
    "1/N is in delta already",
    equivalent="one sample",
)
def dW_averaged(at: At, dW: Any) -> Any:
    return dW / at.N


@mistake(
    "dW without the mean",
    "dW",
    "dW = N x.T delta",
    "dW = x.T delta",
    "dW is a sum over the samples where the rest is a mean",
    equivalent="one sample",
)
def dW_summed(at: At, dW: Any) -> Any:
    return dW * at.N


@mistake("dW doubled", "dW", "dW = 2 x.T delta", "dW = x.T delta", "a factor 2 too many")
def dW_doubled(at: At, dW: Any) -> Any:
    return dW * 2


@mistake("dW halved", "dW", "dW = x.T delta / 2", "dW = x.T delta", "a factor 1/2 too many")
def dW_halved(at: At, dW: Any) -> Any:
    return dW / 2


@mistake(
    "sign of dW",
    "dW",
    "dW = -x.T delta",
    "dW = x.T delta",
    "the sign is wrong: the update subtracts the gradient, the gradient has no minus",
)
def dW_sign(at: At, dW: Any) -> Any:
    return -dW


@mistake("dW transposed", "dW", "dW = delta.T x", "dW = x.T delta", "dW has the shape of W transposed")
def dW_transposed(at: At, dW: Any) -> Any:
    return dW.T


@mistake(
    "dW of the last sample only",
    "dW",
    "dW = x_N.T delta_N",
    "dW = x.T delta",
    "each sample overwrites the one before: = for +=",
    equivalent="one sample",
)
def dW_last(at: At, dW: Any) -> Any:
    return np.dot(at.x[-1:].T, at.delta[-1:])


@mistake(
    "dW of the first sample only",
    "dW",
    "dW = x_1.T delta_1",
    "dW = x.T delta",
    "only the first sample is used",
    equivalent="one sample",
)
def dW_first(at: At, dW: Any) -> Any:
    return np.dot(at.x[:1].T, at.delta[:1])


@mistake(
    "dW without the last sample",
    "dW",
    "dW = sum to N - 1",
    "dW = sum over all samples",
    "the loop over the samples ends one too early",
    applies=lambda at: at.N > 1,
)
def dW_short(at: At, dW: Any) -> Any:
    return np.dot(at.x[:-1].T, at.delta[:-1])


@mistake(
    "z for a in dW",
    "dW",
    "dW = z_prev.T delta",
    "dW = a_prev.T delta",
    "the weighted input of the layer below stands where its output belongs",
    applies=lambda at: at.layer > 0,
    equivalent="a linear layer below",
)
def dW_of_z(at: At, dW: Any) -> Any:
    return np.dot(at.layers[at.layer - 1].z.T, at.delta)


@mistake(
    "own output in dW",
    "dW",
    "dW = a.T delta",
    "dW = a_prev.T delta",
    "the layer's own output stands where its input belongs: an index is off by one",
    applies=lambda at: at.a.shape == at.x.shape,
)
def dW_of_own(at: At, dW: Any) -> Any:
    return np.dot(at.a.T, at.delta)


@mistake(
    "network input in dW",
    "dW",
    "dW = x.T delta",
    "dW = a_prev.T delta",
    "the input of the network stands where the input of the layer belongs",
    applies=lambda at: at.layer > 0 and at.layers[0].x.shape == at.x.shape,
)
def dW_of_input(at: At, dW: Any) -> Any:
    return np.dot(at.layers[0].x.T, at.delta)


@mistake(
    "upstream for delta in dW",
    "dW",
    "dW = x.T upstream",
    "dW = x.T delta",
    "f' is missing in dW (and there only)",
    applies=with_slope,
)
def dW_of_upstream(at: At, dW: Any) -> Any:
    return np.dot(at.x.T, at.upstream)
