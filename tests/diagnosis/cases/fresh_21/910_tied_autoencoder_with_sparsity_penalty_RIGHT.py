"""Truth: right. An autoencoder whose decoder is the encoder transposed, with a penalty on the size of its codes; cost and gradients in two methods."""
import numpy as np


class TiedAutoencoder:
    def __init__(self, n_visible, n_hidden, sparsity=0.01, random_state=None):
        rng = np.random.RandomState(random_state)
        self.W = rng.uniform(-0.3, 0.3, size=(n_visible, n_hidden))
        self.hbias = np.zeros(n_hidden)
        self.vbias = np.zeros(n_visible)
        self.sparsity = sparsity

    @staticmethod
    def _sigm(a):
        return 1.0 / (1.0 + np.exp(-a))

    def encode(self, X):
        return self._sigm(X @ self.W + self.hbias)

    def decode(self, H):
        return self._sigm(H @ self.W.T + self.vbias)

    def cost(self, X):
        H = self.encode(X)
        R = self.decode(H)
        reconstruction = 0.5 * np.sum((R - X) ** 2) / len(X)
        return reconstruction + self.sparsity * np.sum(H ** 2) / len(X)

    def gradients(self, X):
        H = self.encode(X)
        R = self.decode(H)
        d_out = (R - X) * R * (1 - R) / len(X)
        d_H = d_out @ self.W + 2 * self.sparsity * H / len(X)
        d_hid = d_H * H * (1 - H)
        # W is used twice, so both parts count
        gW = X.T @ d_hid + d_out.T @ H
        return gW, d_hid.sum(axis=0), d_out.sum(axis=0)

    def fit(self, X, epochs=100, lr=0.5):
        for epoch in range(epochs):
            gW, ghb, gvb = self.gradients(X)
            self.W -= lr * gW
            self.hbias -= lr * ghb
            self.vbias -= lr * gvb
            if epoch % 25 == 0:
                print(f"[{epoch}] cost = {self.cost(X):.5f}")
        return self


if __name__ == "__main__":
    data = (np.random.RandomState(7).rand(40, 12) > 0.6).astype(float)
    TiedAutoencoder(12, 5, random_state=1).fit(data)
