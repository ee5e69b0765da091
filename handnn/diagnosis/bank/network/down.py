"""Mistakes in dx, which is handed down to the layer below."""

from typing import Any

import numpy as np

from ..base import mistake
from .at import At
from .conditions import with_slope


@mistake(
    "W for W.T",
    "dx",
    "dx = delta W",
    "dx = delta W.T",
    "the way back goes through W transposed",
    applies=lambda at: at.W.shape[0] == at.W.shape[1],
    equivalent="symmetric W; only a square W fits both ways",
)
def dx_not_transposed(at: At, dx: Any) -> Any:
    return np.dot(at.delta, at.W)


@mistake(
    "delta handed down without W",
    "dx",
    "dx = delta",
    "dx = delta W.T",
    "the weights are missing on the way back",
    applies=lambda at: at.W.shape[0] == at.W.shape[1],
)
def dx_without_kernel(at: At, dx: Any) -> Any:
    return at.delta


@mistake(
    "upstream divided by N again",
    "dx",
    "dx = delta W.T / N",
    "dx = delta W.T",
    "1/N is in delta already",
    equivalent="one sample",
)
def dx_averaged(at: At, dx: Any) -> Any:
    return dx / at.N


@mistake("sign of dx", "dx", "dx = -delta W.T", "dx = delta W.T", "a sign is wrong on the way down")
def dx_sign(at: At, dx: Any) -> Any:
    return -dx


@mistake(
    "upstream for delta in dx",
    "dx",
    "dx = upstream W.T",
    "dx = delta W.T",
    "f' of the layer above is missing on the way down",
    applies=with_slope,
)
def dx_of_upstream(at: At, dx: Any) -> Any:
    return np.dot(at.upstream, at.W.T)


@mistake(
    "W of the layer below",
    "dx",
    "dx = delta (W below).T",
    "dx = delta W.T",
    "the weights of another layer are used on the way back: an index is off by one",
    applies=lambda at: at.layer > 0 and at.layers[at.layer - 1].W.shape == at.W.shape,
)
def dx_other_kernel(at: At, dx: Any) -> Any:
    return np.dot(at.delta, at.layers[at.layer - 1].W.T)


@mistake(
    "one unit too few on the way back",
    "dx",
    "dx = sum to the last unit but one",
    "dx = sum over all units",
    "the sum over the units of the layer above ends one too early",
    applies=lambda at: at.delta.shape[1] > 1,
)
def dx_short(at: At, dx: Any) -> Any:
    return np.dot(at.delta[:, :-1], at.W[:, :-1].T)
