"""Truth: the loss adds reg * sum(W * W), its gradient is 2 * reg * W; reg * W is added. The hinge part, loops over
samples and classes, is right.
"""
import numpy as np


def svm_loss_naive(W, X, y, reg):
    """Structured SVM loss; W (D, C), X (N, D), y (N,) integers; returns the loss and dW."""
    dW = np.zeros(W.shape)
    num_classes = W.shape[1]
    num_train = X.shape[0]
    loss = 0.0
    for i in range(num_train):
        scores = X[i].dot(W)
        correct_class_score = scores[y[i]]
        for j in range(num_classes):
            if j == y[i]:
                continue
            margin = scores[j] - correct_class_score + 1
            if margin > 0:
                loss += margin
                dW[:, j] += X[i, :].T
                dW[:, y[i]] -= X[i, :].T
    loss /= num_train
    dW /= num_train
    loss += reg * np.sum(W * W)
    dW += reg * W
    return loss, dW
