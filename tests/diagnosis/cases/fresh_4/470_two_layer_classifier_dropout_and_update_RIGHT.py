"""Truth: RIGHT. Two layers with inverted dropout between them, softmax and the mean over the batch; the step is taken at the end.
'The mask must be applied to the gradient of W2, too' was suspected: it is in the activations already.
"""
import numpy as np


class Net:
    """handnn: network"""

    def __init__(self, n_in=4, n_hidden=6, n_out=3, keep=0.7, lr=0.1):
        self.W1 = np.random.randn(n_in, n_hidden) * 0.5
        self.b1 = np.zeros(n_hidden)
        self.W2 = np.random.randn(n_hidden, n_out) * 0.5
        self.b2 = np.zeros(n_out)
        self.keep, self.lr = keep, lr

    def train_batch(self, x, y):
        z1 = x @ self.W1 + self.b1
        a1 = np.maximum(z1, 0)
        mask = (np.random.rand(*a1.shape) < self.keep) / self.keep
        d1 = a1 * mask
        z2 = d1 @ self.W2 + self.b2
        e = np.exp(z2 - z2.max(axis=1, keepdims=True))
        p = e / e.sum(axis=1, keepdims=True)
        loss = -np.mean(np.log(p[np.arange(len(y)), y]))
        dz2 = p.copy()
        dz2[np.arange(len(y)), y] -= 1
        dz2 /= len(y)
        dW2, db2 = d1.T @ dz2, dz2.sum(axis=0)
        dz1 = (dz2 @ self.W2.T) * mask * (z1 > 0)
        dW1, db1 = x.T @ dz1, dz1.sum(axis=0)
        self.W1 -= self.lr * dW1
        self.b1 -= self.lr * db1
        self.W2 -= self.lr * dW2
        self.b2 -= self.lr * db2
        return loss
