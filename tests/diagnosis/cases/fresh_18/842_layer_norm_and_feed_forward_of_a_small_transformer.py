"""Truth: the axis of one mean. A layer norm of tokens and a feed forward behind it, as in a small transformer, with forward and backward."""
import numpy as np


class LayerNorm:
    def __init__(self, dim, eps=1e-5):
        self.gamma = np.ones(dim)
        self.beta = np.zeros(dim)
        self.eps = eps

    def forward(self, x):
        mean = x.mean(axis=-1, keepdims=True)
        var = ((x - mean) ** 2).mean(axis=-1, keepdims=True)
        self.inv = 1 / np.sqrt(var + self.eps)
        self.norm = (x - mean) * self.inv
        return self.gamma * self.norm + self.beta

    def backward(self, grad):
        self.dgamma = (grad * self.norm).sum(axis=(0, 1))
        self.dbeta = grad.sum(axis=(0, 1))
        g = grad * self.gamma
        m1 = g.mean(axis=-1, keepdims=True)
        m2 = (g * self.norm).mean(axis=1, keepdims=True)
        return self.inv * (g - m1 - self.norm * m2)


class FeedForward:
    def __init__(self, dim, hidden, rng):
        self.W1 = rng.normal(0, dim ** -0.5, (dim, hidden))
        self.b1 = np.zeros(hidden)
        self.W2 = rng.normal(0, hidden ** -0.5, (hidden, dim))
        self.b2 = np.zeros(dim)

    def forward(self, x):
        self.x = x
        self.pre = x @ self.W1 + self.b1
        self.act = np.maximum(self.pre, 0)
        return self.act @ self.W2 + self.b2

    def backward(self, grad):
        self.dW2 = np.einsum("bth,btd->hd", self.act, grad)
        self.db2 = grad.sum(axis=(0, 1))
        dpre = (grad @ self.W2.T) * (self.pre > 0)
        self.dW1 = np.einsum("btd,bth->dh", self.x, dpre)
        self.db1 = dpre.sum(axis=(0, 1))
        return dpre @ self.W1.T


if __name__ == "__main__":
    rng = np.random.default_rng(8)
    x = rng.normal(size=(4, 5, 8))
    goal = np.roll(x, 1, axis=-1)
    norm, ff = LayerNorm(8), FeedForward(8, 16, rng)
    for step in range(200):
        out = x + ff.forward(norm.forward(x))
        grad = (out - goal) / (4 * 5)
        norm.backward(ff.backward(grad))
        for layer in (norm, ff):
            for name in [n for n in vars(layer) if "d" + n in vars(layer)]:
                getattr(layer, name)[...] -= 0.1 * getattr(layer, "d" + name)
        if step % 50 == 0:
            print("step", step, "loss", 0.5 * np.sum((out - goal) ** 2) / (4 * 5))
