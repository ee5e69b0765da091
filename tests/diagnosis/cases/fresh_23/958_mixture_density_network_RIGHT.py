"""Truth: everything is right. Mixture density network for a curve that goes back on itself."""
import numpy as np


class MDN:
    def __init__(self, hidden, K, seed=0):
        rng = np.random.RandomState(seed)
        self.K = K
        self.W1 = rng.randn(1, hidden)
        self.b1 = rng.randn(hidden) * 0.1
        self.W2 = rng.randn(hidden, 3 * K) / np.sqrt(hidden)
        self.b2 = np.zeros(3 * K)

    def forward(self, x):
        K = self.K
        self.x = x
        self.h = np.tanh(x @ self.W1 + self.b1)
        out = self.h @ self.W2 + self.b2
        a = out[:, :K] - out[:, :K].max(axis=1, keepdims=True)
        self.pi = np.exp(a) / np.exp(a).sum(axis=1, keepdims=True)
        self.mu = out[:, K:2 * K]
        self.sigma = np.exp(out[:, 2 * K:])
        return self.pi, self.mu, self.sigma

    def nll(self, x, t):
        pi, mu, sigma = self.forward(x)
        dens = pi * np.exp(-0.5 * ((t - mu) / sigma) ** 2) / (np.sqrt(2 * np.pi) * sigma)
        self.gamma = dens / dens.sum(axis=1, keepdims=True)
        return -np.mean(np.log(dens.sum(axis=1)))

    def backward(self, t):
        n = len(t)
        d_a = self.pi - self.gamma
        d_mu = self.gamma * (self.mu - t) / self.sigma ** 2
        d_s = self.gamma * (1 - ((t - self.mu) / self.sigma) ** 2)
        d_out = np.concatenate([d_a, d_mu, d_s], axis=1) / n
        d_h = (d_out @ self.W2.T) * (1 - self.h ** 2)
        return {"W1": self.x.T @ d_h, "b1": d_h.sum(0), "W2": self.h.T @ d_out, "b2": d_out.sum(0)}


if __name__ == "__main__":
    rng = np.random.RandomState(3)
    t = rng.rand(100, 1)
    x = t + 0.3 * np.sin(2 * np.pi * t) + 0.05 * rng.randn(100, 1)
    net = MDN(10, 3)
    for i in range(300):
        loss = net.nll(x, t)
        for name, g in net.backward(t).items():
            setattr(net, name, getattr(net, name) - 0.05 * g)
        if i % 100 == 0:
            print(i, loss)
