"""Truth: RIGHT. 'The diagonal of the Jacobian is s (1 - s), here it is s - 1' was asked: it is the derivative of the
LOSS, in which -1/s stands before. Loops over samples, integers as labels, penalty with its 2.
"""
import numpy as np


def softmax_loss_naive(W, X, y, reg):
    loss = 0.0
    dW = np.zeros_like(W)
    N = X.shape[0]
    for i in range(N):
        y_hat = X[i] @ W
        y_exp = np.exp(y_hat - y_hat.max())
        softmax = y_exp / y_exp.sum()
        loss -= np.log(softmax[y[i]])
        softmax[y[i]] -= 1  # of the loss, not of the softmax
        dW += np.outer(X[i], softmax)
    loss = loss / N + reg * np.sum(W**2)
    dW = dW / N + 2 * reg * W
    return loss, dW
