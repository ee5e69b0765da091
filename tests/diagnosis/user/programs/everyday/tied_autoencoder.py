import numpy as np


class Autoencoder:
    def __init__(self, n_visible=6, n_hidden=4, lr=0.1):
        self.lr = lr
        self.W = np.random.uniform(-0.1, 0.1, (n_visible, n_hidden))
        self.b_h = np.zeros(n_hidden)
        self.b_v = np.zeros(n_visible)

    def sigmoid(self, x):
        return 1.0 / (1.0 + np.exp(-x))

    def encode(self, x):
        return self.sigmoid(np.dot(x, self.W) + self.b_h)

    def decode(self, h):
        return self.sigmoid(np.dot(h, self.W.T) + self.b_v)

    def train_step(self, x):
        h = self.encode(x)
        z = self.decode(h)
        cost = -np.mean(np.sum(x * np.log(z) + (1 - x) * np.log(1 - z), axis=1))
        dz = (z - x) / x.shape[0]
        dh = np.dot(dz, self.W) * h * (1 - h)
        dW = np.dot(x.T, dh) + np.dot(dz.T, h)
        self.W -= self.lr * dW
        self.b_h -= self.lr * np.sum(dh, axis=0)
        self.b_v -= self.lr * np.sum(dz, axis=0)
        return cost
