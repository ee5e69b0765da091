"""Truth: RIGHT. 'Does the gradient not flow through the mask?' was asked: masked scores have probability 0, so that their
gradient is 0 by itself. (T, d) without a batch, cache as a dict.
"""
import numpy as np


def causal_attention_forward(q, k, v):
    T, d = q.shape
    scores = q @ k.T / np.sqrt(d)
    scores = np.where(np.tril(np.ones((T, T))) == 1, scores, -1e9)
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    weights = e / e.sum(axis=1, keepdims=True)
    out = weights @ v
    return out, {"q": q, "k": k, "v": v, "weights": weights}


def causal_attention_backward(d_out, cache):
    q, k, v, weights = cache["q"], cache["k"], cache["v"], cache["weights"]
    d_v = weights.T @ d_out
    d_weights = d_out @ v.T
    d_scores = weights * (d_weights - (d_weights * weights).sum(axis=1, keepdims=True))
    d_scores = d_scores / np.sqrt(q.shape[1])
    d_q = d_scores @ k
    d_k = d_scores.T @ q
    return d_q, d_k, d_v
