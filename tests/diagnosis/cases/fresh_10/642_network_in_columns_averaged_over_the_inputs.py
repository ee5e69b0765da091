"""Truth: m is taken from the weights (w.shape[1], the number of the layer's inputs); the number of samples, Y.shape[1], belongs there.
Columns, sigmoids, cross-entropy as a mean over the samples.
"""
import numpy as np


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


class NeuralNet:
    def __init__(self, sizes=(3, 4, 1)):
        self.weights = [None]
        self.biases = [None]
        for n_in, n_out in zip(sizes[:-1], sizes[1:]):
            self.weights.append(np.random.randn(n_out, n_in) * 0.7)
            self.biases.append(np.zeros((n_out, 1)))

    def forward(self, X):
        activations, zs = [X], [None]
        for w, b in zip(self.weights[1:], self.biases[1:]):
            zs.append(w.dot(activations[-1]) + b)
            activations.append(sigmoid(zs[-1]))
        return activations[-1], activations, zs

    def cost(self, X, Y):
        h, _, _ = self.forward(X)
        return -np.sum(Y * np.log(h) + (1 - Y) * np.log(1 - h)) / Y.shape[1]

    def gradients(self, X, Y):
        dws = []
        dbs = []
        h, activations, zs = self.forward(X)
        da = -(np.divide(Y, h) - np.divide(1 - Y, 1 - h))
        for d in np.arange(1, len(self.weights))[::-1]:
            a = activations[d]
            w = self.weights[d]
            dz = da * a * (1 - a)
            m = w.shape[1]
            dw = 1.0 / m * dz.dot(activations[d - 1].T)
            db = 1.0 / m * np.sum(dz, axis=1, keepdims=True)
            da = w.T.dot(dz)
            dws.insert(0, dw)
            dbs.insert(0, db)
        dws.insert(0, None)
        dbs.insert(0, None)
        return dws, dbs
