"""A word, one beside it and drawn ones: places in two tables."""
import numpy as np


def skipgram_loss_and_grads(center, outside, negatives, U, V):
    v = V[center]
    s = lambda z: 1 / (1 + np.exp(-z))
    pos = s(U[outside] @ v)
    neg = s(-U[negatives] @ v)
    loss = -np.log(pos) - np.log(neg).sum()
    dU = np.zeros_like(U)
    dV = np.zeros_like(V)
    dU[outside] += (pos - 1) * v
    for k, n in enumerate(negatives):
        dU[n] += (1 - neg[k]) * v
    dV[center] = (pos - 1) * U[outside] + ((1 - neg)[:, None] * U[negatives]).sum(0)
    return loss, dU, dV
