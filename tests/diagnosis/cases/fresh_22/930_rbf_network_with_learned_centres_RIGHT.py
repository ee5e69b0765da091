"""Truth: right. A network of radial functions whose centres, widths and weights are all learned, in a class with fit."""
import numpy as np


class RBFNet(object):
    """f(x) = sum_k w_k exp(-beta_k |x - c_k|^2) + bias"""

    def __init__(self, k=6, lr=0.1, epochs=100, rng=None):
        self.k = k
        self.lr = lr
        self.epochs = epochs
        self.rng = rng or np.random.RandomState(0)

    def _init(self, X):
        pick = self.rng.choice(len(X), self.k, replace=False)
        self.centers = X[pick].copy()
        self.beta = np.full(self.k, 1.0)
        self.w = self.rng.randn(self.k) * 0.1
        self.bias = 0.0

    def _phi(self, X):
        self._diff = X[:, None, :] - self.centers[None, :, :]
        self._sq = (self._diff ** 2).sum(axis=2)
        return np.exp(-self.beta * self._sq)

    def forward(self, X):
        self.phi = self._phi(X)
        return self.phi.dot(self.w) + self.bias

    def cost(self, X, y):
        return 0.5 * np.mean((self.forward(X) - y) ** 2)

    def backward(self, X, y):
        e = (self.forward(X) - y) / len(y)
        g_w = self.phi.T.dot(e)
        g_bias = e.sum()
        g_phi = np.outer(e, self.w)
        s = g_phi * self.phi
        g_beta = -(s * self._sq).sum(axis=0)
        g_centers = 2 * np.einsum('nk,nkd->kd', s * self.beta, self._diff)
        return {'w': g_w, 'bias': g_bias, 'beta': g_beta, 'centers': g_centers}

    def fit(self, X, y):
        self._init(X)
        self.history = []
        for _ in range(self.epochs):
            grads = self.backward(X, y)
            for name, g in grads.items():
                setattr(self, name, getattr(self, name) - self.lr * g)
            self.history.append(self.cost(X, y))
        return self

    def predict(self, X):
        return self.forward(X)


if __name__ == '__main__':
    X = np.linspace(-2, 2, 40).reshape(-1, 1)
    y = np.sin(2 * X[:, 0])
    net = RBFNet().fit(X, y)
    print(net.history[0], net.history[-1])
