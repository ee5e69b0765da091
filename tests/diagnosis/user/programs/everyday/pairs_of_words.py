"""A step on one word, its context and some that are drawn; it returns its loss and moves rows of two tables."""

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def train_pair(target, context, neg_ids, W_in, W_out, lr=0.025):
    h = W_in[target]
    loss = 0.0
    grad_h = np.zeros_like(h)
    for idx, label in [(context, 1)] + [(n, 0) for n in neg_ids]:
        score = sigmoid(np.dot(W_out[idx], h))
        loss += -np.log(score if label == 1 else 1 - score)
        g = score - label
        grad_h += g * W_out[idx]
        W_out[idx] -= lr * g * h
    W_in[target] -= lr * grad_h
    return loss
