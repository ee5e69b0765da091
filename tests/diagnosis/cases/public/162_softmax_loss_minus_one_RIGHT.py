"""Truth: RIGHT. 'The diagonal of the Jacobian is s (1 - s), here it is s - 1' was asked: it is the derivative of the
LOSS, in which -1/s stands before. Loops over samples, integers as labels, penalty with its 2.
"""
import numpy as np


def softmax_loss_naive(W, X, y, reg):
    loss = 0.0
    dW = np.zeros_like(W)
    N = X.shape[0]  # num samples
    for i in range(N):
        y_hat = X[i] @ W  # raw scores vector
        y_exp = np.exp(y_hat - y_hat.max())  # numerically stable exponent vector
        softmax = y_exp / y_exp.sum()  # pure softmax for each score
        loss -= np.log(softmax[y[i]])  # append cross-entropy
        softmax[y[i]] -= 1  # update for gradient
        dW += np.outer(X[i], softmax)  # gradient
    loss = loss / N + reg * np.sum(W**2)  # average loss and regularize
    dW = dW / N + 2 * reg * W  # finish calculating gradient
    return loss, dW
