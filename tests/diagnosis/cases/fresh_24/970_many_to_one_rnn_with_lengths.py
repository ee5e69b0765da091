"""Truth: where the mask is off the state is copied, and its gradient is lost. Sentiment with a plain RNN over padded sequences; rows that are over keep their state."""
import numpy as np


class SentimentRNN:
    def __init__(self, n_in, n_hid, seed=11):
        rs = np.random.RandomState(seed)
        self.p = {
            "U": rs.randn(n_in, n_hid) * 0.4,
            "V": rs.randn(n_hid, n_hid) * 0.4,
            "c": np.zeros(n_hid),
            "w": rs.randn(n_hid) * 0.4,
            "d": np.zeros(1),
        }

    def forward(self, X, lengths):
        n, T, _ = X.shape
        p = self.p
        self.X = X
        self.mask = (np.arange(T)[None, :] < lengths[:, None]).astype(float)
        self.h = np.zeros((T + 1, n, len(p["c"])))
        self.cand = np.zeros((T, n, len(p["c"])))
        for t in range(T):
            m = self.mask[:, t:t + 1]
            self.cand[t] = np.tanh(X[:, t] @ p["U"] + self.h[t] @ p["V"] + p["c"])
            self.h[t + 1] = m * self.cand[t] + (1 - m) * self.h[t]
        score = self.h[T] @ p["w"] + p["d"]
        self.prob = 1 / (1 + np.exp(-score))
        return self.prob

    def loss(self, X, lengths, y):
        q = self.forward(X, lengths)
        return -np.mean(y * np.log(q) + (1 - y) * np.log(1 - q))

    def backward(self, y):
        n, T, _ = self.X.shape
        p = self.p
        g = {k: np.zeros_like(v) for k, v in p.items()}
        ds = (self.prob - y) / n
        g["w"] += self.h[T].T @ ds
        g["d"] += ds.sum()
        dh = np.outer(ds, p["w"])
        for t in range(T - 1, -1, -1):
            m = self.mask[:, t:t + 1]
            dz = m * dh * (1 - self.cand[t] ** 2)
            g["U"] += self.X[:, t].T @ dz
            g["V"] += self.h[t].T @ dz
            g["c"] += dz.sum(0)
            dh = dz @ p["V"].T
        return g


if __name__ == "__main__":
    rs = np.random.RandomState(0)
    X = rs.randn(24, 7, 3)
    lengths = rs.randint(2, 8, 24)
    y = (X[:, 0, 0] > 0).astype(float)
    net = SentimentRNN(3, 6)
    for it in range(100):
        value = net.loss(X, lengths, y)
        for k, gk in net.backward(y).items():
            net.p[k] = net.p[k] - 0.3 * gk
    print("loss", value)
