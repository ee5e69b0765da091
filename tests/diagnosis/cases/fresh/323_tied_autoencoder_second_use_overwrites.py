"""Truth: the weight is used by the encoder and by the decoder; the encoder's gradient overwrites the decoder's."""
import numpy as np


class TiedAutoencoder:
    def __init__(self, n_visible=6, n_hidden=3, rng=np.random.RandomState(5)):
        bound = 4 * np.sqrt(6.0 / (n_visible + n_hidden))
        self.W = rng.uniform(-bound, bound, (n_visible, n_hidden)) / 4
        self.hbias = np.zeros(n_hidden)
        self.vbias = np.zeros(n_visible)

    def sigmoid(self, a):
        return 1 / (1 + np.exp(-a))

    def loss_and_gradients(self, x):
        n = x.shape[0]
        y = self.sigmoid(np.dot(x, self.W) + self.hbias)
        z = self.sigmoid(np.dot(y, self.W.T) + self.vbias)
        loss = 0.5 * np.sum((z - x) ** 2) / n

        grads = {}
        dz = (z - x) * z * (1 - z) / n
        grads["vbias"] = dz.sum(axis=0)
        grads["W"] = np.dot(dz.T, y)
        dy = np.dot(dz, self.W) * y * (1 - y)
        grads["hbias"] = dy.sum(axis=0)
        grads["W"] = np.dot(x.T, dy)
        return loss, grads
