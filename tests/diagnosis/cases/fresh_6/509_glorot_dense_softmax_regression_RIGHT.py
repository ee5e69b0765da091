"""Truth: RIGHT. 'dW should be divided by the batch size' was suspected: probs -= y is divided once. Softmax regression with a penalty,
labels one hot, closures for nothing.
"""
import numpy as np


def loss_and_grad(W, b, X, Y, weight_decay=0.01):
    n = len(X)
    logits = X @ W + b
    logits = logits - np.max(logits, axis=1, keepdims=True)
    probs = np.exp(logits)
    probs /= probs.sum(axis=1, keepdims=True)
    loss = -(Y * np.log(probs + 1e-12)).sum() / n + 0.5 * weight_decay * (W**2).sum()
    delta = (probs - Y) / n
    return loss, X.T @ delta + weight_decay * W, delta.sum(axis=0)
