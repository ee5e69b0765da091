"""Truth: the output layer gets the hidden layer after dropout, its weight gradient is made of the hidden layer before dropout. I
added dropout to a network that worked; the training loss is much more noisy than I would expect.
"""
import numpy as np


class DropoutNet:
    def __init__(self, n_in, n_hidden, n_out, keep=0.7, seed=0):
        self.rng = np.random.default_rng(seed)
        self.W1 = self.rng.normal(0, 0.5, (n_in, n_hidden))
        self.b1 = np.full(n_hidden, 0.1)
        self.W2 = self.rng.normal(0, 0.5, (n_hidden, n_out))
        self.b2 = np.zeros(n_out)
        self.keep = keep
        self.mask = None

    def draw(self, n):
        self.mask = (self.rng.random((n, self.W1.shape[1])) < self.keep) / self.keep

    def forward(self, x):
        self.x = x
        self.z1 = x @ self.W1 + self.b1
        self.a1 = np.maximum(self.z1, 0)
        dropped = self.a1 * self.mask if self.mask is not None else self.a1
        scores = dropped @ self.W2 + self.b2
        e = np.exp(scores - scores.max(axis=1, keepdims=True))
        self.p = e / e.sum(axis=1, keepdims=True)
        return self.p

    def loss(self, x, y):
        self.y = y
        p = self.forward(x)
        return -np.mean(np.log(p[np.arange(len(y)), y]))

    def backward(self):
        d = self.p.copy()
        d[np.arange(len(self.y)), self.y] -= 1
        d /= len(self.y)
        dW2 = self.a1.T @ d
        db2 = d.sum(axis=0)
        da1 = d @ self.W2.T
        if self.mask is not None:
            da1 *= self.mask
        dz1 = da1 * (self.z1 > 0)
        dW1 = self.x.T @ dz1
        db1 = dz1.sum(axis=0)
        return dW1, db1, dW2, db2


if __name__ == "__main__":
    rng = np.random.default_rng(5)
    x = rng.standard_normal((40, 4))
    y = (x[:, 0] > 0).astype(int) + (x[:, 1] > 0.5)
    net = DropoutNet(4, 12, 3)
    for step in range(100):
        net.draw(len(x))
        loss = net.loss(x, y)
        for param, grad in zip((net.W1, net.b1, net.W2, net.b2), net.backward()):
            param -= 0.2 * grad
        if step % 25 == 0:
            print(step, loss)
