"""Truth: only the column of the violating class gets the sample; that of the true class must get its negative for
each violated margin (dW[:, y[i]] -= X[i], count times). Half of the gradient is missing; the penalty is right.
"""
import numpy as np


class LinearSVM:
    def __init__(self, dim=4, num_classes=3):
        self.W = 0.001 * np.random.RandomState(0).randn(dim, num_classes)

    def loss(self, X_batch, y_batch, reg=0.1):
        """Return loss and the gradient by self.W."""
        loss = 0.0
        dW = np.zeros_like(self.W)
        for i in range(len(X_batch)):
            scores = X_batch[i].dot(self.W)
            margins = np.maximum(0, scores - scores[y_batch[i]] + 1.0)
            margins[y_batch[i]] = 0
            loss += margins.sum()
            for j in range(dW.shape[1]):
                if margins[j] > 0:
                    dW[:, j] += X_batch[i]
        loss /= len(X_batch)
        dW /= len(X_batch)
        loss += 0.5 * reg * np.sum(self.W**2)
        dW += reg * self.W
        return loss, dW
