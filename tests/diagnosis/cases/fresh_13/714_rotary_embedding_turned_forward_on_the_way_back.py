"""Truth: the gradient has to be turned by the opposite angle (the transposed rotation); the backward turns it by the same angle. Rotary
position embedding of halves, as functions with a cache; the cache of angles and the forward are right.
"""
import numpy as np


def precompute(seq_len, head_dim, theta=10000.0):
    """cos and sin, both (seq_len, head_dim / 2)"""
    inv_freq = theta ** (-np.arange(0, head_dim, 2) / head_dim)
    angles = np.outer(np.arange(seq_len), inv_freq)
    return np.cos(angles), np.sin(angles)


def rope_forward(x):
    # x: (batch, heads, seq, dim)
    cos, sin = precompute(x.shape[2], x.shape[3])
    x1, x2 = np.split(x, 2, axis=-1)
    out = np.concatenate((x1 * cos - x2 * sin, x2 * cos + x1 * sin), axis=-1)
    cache = (cos, sin)
    return out, cache


def rope_backward(dout, cache):
    cos, sin = cache
    d1, d2 = np.split(dout, 2, axis=-1)
    return np.concatenate((d1 * cos - d2 * sin, d2 * cos + d1 * sin), axis=-1)


# the scores of the rotated queries and keys only know how far two places are apart
if __name__ == "__main__":
    rng = np.random.default_rng(0)
    q = np.tile(rng.normal(size=(1, 1, 1, 8)), (1, 1, 6, 1))
    k = np.tile(rng.normal(size=(1, 1, 1, 8)), (1, 1, 6, 1))
    rq, cache = rope_forward(q)
    rk, _ = rope_forward(k)
    s = (rq @ rk.swapaxes(-1, -2))[0, 0]
    print(np.round(np.diag(s, 1), 6), np.round(np.diag(s, -2), 6))
    print("gradient of the queries", rope_backward(np.ones_like(rq), cache).shape)
