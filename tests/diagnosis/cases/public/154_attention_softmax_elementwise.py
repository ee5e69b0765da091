"""Truth: the gradient of the softmax is taken elementwise, d_weights * weights * (1 - weights); the row's sum is
missing: it must be weights * (d_weights - sum(d_weights * weights)). The rest is right. (batch, time, features).
"""
import numpy as np


def scaled_dot_product_attention(Q, K, V, mask=None):
    d_k = Q.shape[-1]
    scores = np.matmul(Q, K.transpose(0, 2, 1)) / np.sqrt(d_k)
    if mask is not None:
        scores = np.where(mask, scores, -1e9)
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights = weights / weights.sum(axis=-1, keepdims=True)
    output = np.matmul(weights, V)
    return output, (Q, K, V, weights)


def scaled_dot_product_attention_backward(d_output, cache):
    Q, K, V, weights = cache
    d_k = Q.shape[-1]
    d_weights = np.matmul(d_output, V.transpose(0, 2, 1))
    dV = np.matmul(weights.transpose(0, 2, 1), d_output)
    d_scores = d_weights * weights * (1 - weights)
    d_scores = d_scores / np.sqrt(d_k)
    dQ = np.matmul(d_scores, K)
    dK = np.matmul(d_scores.transpose(0, 2, 1), Q)
    return dQ, dK, dV
