"""Truth: RIGHT. An autoencoder whose decoder uses the encoder's weights the other way round, cross entropy of all pixels."""
import numpy as np


class TiedAutoencoder:
    def __init__(self, n_visible, n_hidden, seed=42):
        rng = np.random.RandomState(seed)
        bound = 4 * np.sqrt(6.0 / (n_visible + n_hidden))
        self.W = rng.uniform(-bound, bound, (n_visible, n_hidden))
        self.c = np.zeros(n_hidden)
        self.b = np.zeros(n_visible)

    @staticmethod
    def _sigmoid(x):
        return 1.0 / (1.0 + np.exp(-x))

    def encode(self, x):
        return self._sigmoid(x @ self.W + self.c)

    def decode(self, h):
        return self._sigmoid(h @ self.W.T + self.b)

    def loss(self, x):
        z = self.decode(self.encode(x))
        return -np.sum(x * np.log(z) + (1 - x) * np.log(1 - z)) / x.shape[0]

    def gradients(self, x):
        h = self.encode(x)
        z = self.decode(h)
        d_out = (z - x) / x.shape[0]
        d_hid = d_out @ self.W * h * (1 - h)
        dW = x.T @ d_hid + d_out.T @ h
        return dW, d_hid.sum(axis=0), d_out.sum(axis=0)

    def train(self, X, lr=0.1, epochs=60, batch=20):
        for epoch in range(epochs):
            for k in range(0, len(X), batch):
                dW, dc, db = self.gradients(X[k:k + batch])
                self.W -= lr * dW
                self.c -= lr * dc
                self.b -= lr * db
            if epoch % 20 == 0:
                print("epoch %d, cost %.4f" % (epoch, self.loss(X)))


if __name__ == "__main__":
    rng = np.random.RandomState(0)
    patterns = (rng.rand(6, 25) > 0.6).astype(float)
    X = np.abs(patterns[rng.randint(0, 6, 120)] - (rng.rand(120, 25) < 0.05))
    ae = TiedAutoencoder(25, 8)
    ae.train(X)
    print(np.round(ae.decode(ae.encode(patterns[:2])), 1))
