"""Truth: RIGHT. 'Why reg * W, and where does the 0.5 come from?' was asked: the loss has half the squared weights, so
the 2 cancels. Margins as a matrix, counts of violations put in at the true class.
"""
import numpy as np


def svm_loss_vectorized(W, X, y, reg):
    """W (D, C), X (N, D), y (N,) integers; returns the loss and dW."""
    num_train = X.shape[0]
    scores = np.dot(X, W)
    correct_class_score = scores[range(num_train), list(y)].reshape(-1, 1)
    margins = np.maximum(0, scores - correct_class_score + 1)
    margins[range(num_train), list(y)] = 0
    loss = np.sum(margins) / num_train + 0.5 * reg * np.sum(W * W)

    coeff_mat = np.zeros((num_train, W.shape[1]))
    coeff_mat[margins > 0] = 1
    coeff_mat[range(num_train), list(y)] = 0
    coeff_mat[range(num_train), list(y)] = -np.sum(coeff_mat, axis=1)
    dW = (X.T).dot(coeff_mat)
    dW = dW / num_train + reg * W
    return loss, dW
