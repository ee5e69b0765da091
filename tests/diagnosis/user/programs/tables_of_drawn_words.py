"""A word, one beside it and drawn ones: places in two tables."""
import numpy as np


def skipgram_loss_and_grads(center, outside, negatives, U, V):
    v, words = V[center], [outside, *negatives]
    p = 1 / (1 + np.exp(-U[words] @ v))
    loss = -np.log(p[0]) - np.log(1 - p[1:]).sum()
    g = p - np.eye(len(p))[0]
    dU, dV = np.zeros_like(U), np.zeros_like(V)
    for k, n in enumerate(words):
        dU[n] += g[k] * v
    dV[center] = g @ U[words]
    return loss, dU, dV
