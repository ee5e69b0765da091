"""Truth: the difference at the output. A class with fit, samples in rows, a noisy copy goes in."""
import numpy as np


class DenoisingAutoencoder:
    def __init__(self, n_visible, n_hidden, noise=0.3, learning_rate=0.5, random_state=0):
        self.rng = np.random.RandomState(random_state)
        self.noise = noise
        self.learning_rate = learning_rate
        bound = np.sqrt(6.0 / (n_visible + n_hidden))
        self.W_enc = self.rng.uniform(-bound, bound, (n_visible, n_hidden))
        self.W_dec = self.rng.uniform(-bound, bound, (n_hidden, n_visible))
        self.b_enc = np.zeros(n_hidden)
        self.b_dec = np.zeros(n_visible)

    @staticmethod
    def _sigmoid(a):
        return 1.0 / (1.0 + np.exp(-a))

    def corrupt(self, x):
        return x * self.rng.binomial(1, 1 - self.noise, x.shape)

    def encode(self, x):
        return self._sigmoid(x @ self.W_enc + self.b_enc)

    def decode(self, h):
        return self._sigmoid(h @ self.W_dec + self.b_dec)

    def loss(self, x, x_noisy):
        """Half the squared distance to the clean patches, averaged over the batch."""
        z = self.decode(self.encode(x_noisy))
        return np.sum((z - x) ** 2) / (2 * len(x))

    def gradients(self, x, x_noisy):
        h = self.encode(x_noisy)
        z = self.decode(h)
        d_out = (z - x_noisy) * z * (1 - z) / len(x)
        d_hid = (d_out @ self.W_dec.T) * h * (1 - h)
        return {
            "W_dec": h.T @ d_out,
            "b_dec": d_out.sum(axis=0),
            "W_enc": x_noisy.T @ d_hid,
            "b_enc": d_hid.sum(axis=0),
        }

    def fit(self, x, n_epochs=60, batch_size=8):
        for epoch in range(n_epochs):
            order = self.rng.permutation(len(x))
            for start in range(0, len(x), batch_size):
                batch = x[order[start:start + batch_size]]
                noisy = self.corrupt(batch)
                for name, g in self.gradients(batch, noisy).items():
                    getattr(self, name)[...] -= self.learning_rate * g
            if epoch % 20 == 0:
                print("epoch {:3d}: {:.4f}".format(epoch, self.loss(x, x)))
        return self


if __name__ == "__main__":
    base = np.random.RandomState(1).rand(4, 16) > 0.5
    patches = np.repeat(base, 10, axis=0).astype(float)
    DenoisingAutoencoder(16, 6).fit(patches)
