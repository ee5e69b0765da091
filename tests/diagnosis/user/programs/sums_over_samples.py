import numpy as np


class Softmax:
    """One layer; labels are one-hot columns."""
    def __init__(self, n, k):
        self.W = np.random.randn(k, n) * 0.1
        self.b = np.zeros((k, 1))

    def gradients(self, x, y):
        z = self.W @ x + self.b
        a = np.exp(z - z.max())
        a /= a.sum()
        delta = a - y
        return delta @ x.T, delta

    def train_batch(self, batch, lr):
        dW = np.zeros_like(self.W)
        db = np.zeros_like(self.b)
        for x, y in batch:
            gw, gb = self.gradients(x, y)
            dW += gw
            db += gb
        self.W -= lr * dW / len(batch)
        self.b -= lr * db / len(batch)

    def run(self, batches, lr, epochs):
        for _ in range(epochs):
            for batch in batches:
                self.train_batch(batch, lr)
