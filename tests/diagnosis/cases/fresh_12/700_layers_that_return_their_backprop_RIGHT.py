"""Truth: RIGHT. Every layer is a function that returns its output and a function to go back, which sums into the layer's gradients.
"""
import numpy as np


class Linear:
    def __init__(self, n_in, n_out):
        self.W = np.random.normal(0, np.sqrt(1 / n_in), (n_out, n_in))
        self.b = np.zeros(n_out)
        self.dW, self.db = np.zeros_like(self.W), np.zeros_like(self.b)

    def __call__(self, X):
        Y = X @ self.W.T + self.b

        def backprop(dY):
            self.dW += dY.T @ X
            self.db += dY.sum(axis=0)
            return dY @ self.W

        return Y, backprop


class Maxout:
    def __init__(self, n_in, n_out, pieces=2):
        self.W = np.random.normal(0, np.sqrt(1 / n_in), (n_out, pieces, n_in))
        self.b = np.zeros((n_out, pieces))
        self.dW, self.db = np.zeros_like(self.W), np.zeros_like(self.b)

    def __call__(self, X):
        Z = np.einsum("opi,ni->nop", self.W, X) + self.b
        which = Z.argmax(axis=2)
        Y = np.take_along_axis(Z, which[:, :, None], axis=2)[:, :, 0]

        def backprop(dY):
            dZ = np.zeros_like(Z)
            np.put_along_axis(dZ, which[:, :, None], dY[:, :, None], axis=2)
            self.dW += np.einsum("nop,ni->opi", dZ, X)
            self.db += dZ.sum(axis=0)
            return np.einsum("nop,opi->ni", dZ, self.W)

        return Y, backprop


class Chain:
    def __init__(self, *layers):
        self.layers = layers

    def begin_update(self, X):
        callbacks = []
        for layer in self.layers:
            X, back = layer(X)
            callbacks.append(back)

        def backprop(dY):
            for back in reversed(callbacks):
                dY = back(dY)
            return dY

        return X, backprop


def train_step(model, X, T, rate=0.1):
    Y, backprop = model.begin_update(X)
    loss = 0.5 * np.sum((Y - T) ** 2) / len(X)
    backprop((Y - T) / len(X))
    for layer in model.layers:
        layer.W -= rate * layer.dW
        layer.b -= rate * layer.db
        layer.dW[...], layer.db[...] = 0, 0
    return loss


if __name__ == "__main__":
    model = Chain(Maxout(4, 5), Linear(5, 2))
    X, T = np.random.randn(10, 4), np.random.randn(10, 2)
    for epoch in range(20):
        print(train_step(model, X, T))
