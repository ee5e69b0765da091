"""Truth: the softmax runs over the keys (last axis), its backward pass sums over the queries."""
import numpy as np


def attention_forward(Q, K, V):
    """Q, K, V: (batch, time, d). Returns the output and what backward needs."""
    d = Q.shape[-1]
    scores = Q @ K.transpose(0, 2, 1) / np.sqrt(d)
    T = scores.shape[-1]
    mask = np.triu(np.ones((T, T), dtype=bool), k=1)
    scores = np.where(mask, -1e9, scores)
    scores = scores - scores.max(axis=-1, keepdims=True)
    weights = np.exp(scores)
    weights /= weights.sum(axis=-1, keepdims=True)
    out = weights @ V
    return out, (Q, K, V, weights)


def attention_backward(dout, cache):
    Q, K, V, weights = cache
    d = Q.shape[-1]
    dV = weights.transpose(0, 2, 1) @ dout
    dweights = dout @ V.transpose(0, 2, 1)
    dscores = weights * (dweights - np.sum(dweights * weights, axis=1, keepdims=True))
    dscores /= np.sqrt(d)
    dQ = dscores @ K
    dK = dscores.transpose(0, 2, 1) @ Q
    return dQ, dK, dV
