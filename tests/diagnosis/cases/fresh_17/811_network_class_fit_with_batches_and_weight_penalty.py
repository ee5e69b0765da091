"""Truth: the penalty on the weights, in the loss and in the gradient. A class with any number of rectified layers, fit() with batches,
softmax at the end, numbers of the labels and not vectors.
"""
import numpy as np


class NeuralNetwork:
    """
    Parameters
    ----------
    layer_dims : list of int, e.g. [4, 16, 8, 3]
    reg : strength of the L2 penalty
    """

    def __init__(self, layer_dims, learning_rate=0.1, reg=0.05, seed=None):
        self.layer_dims = layer_dims
        self.learning_rate = learning_rate
        self.reg = reg
        self.rng = np.random.default_rng(seed)
        self.W = []
        self.b = []
        for i in range(len(layer_dims) - 1):
            scale = np.sqrt(2.0 / layer_dims[i])
            self.W.append(self.rng.standard_normal((layer_dims[i], layer_dims[i + 1])) * scale)
            self.b.append(np.zeros(layer_dims[i + 1]))
        self.history = {"loss": [], "acc": []}

    @staticmethod
    def _softmax(z):
        e = np.exp(z - np.max(z, axis=1, keepdims=True))
        return e / np.sum(e, axis=1, keepdims=True)

    def _forward(self, X):
        self.zs = []
        self.activations = [X]
        a = X
        for i, (W, b) in enumerate(zip(self.W, self.b)):
            z = a @ W + b
            self.zs.append(z)
            last = i == len(self.W) - 1
            a = self._softmax(z) if last else np.maximum(0, z)
            self.activations.append(a)
        return a

    def _loss(self, probs, y):
        m = y.shape[0]
        data_loss = -np.log(probs[np.arange(m), y]).mean()
        reg_loss = self.reg / (2 * m) * sum(np.sum(W ** 2) for W in self.W)
        return data_loss + reg_loss

    def _backward(self, y):
        m = y.shape[0]
        delta = self.activations[-1].copy()
        delta[np.arange(m), y] -= 1
        grads_W = [None] * len(self.W)
        grads_b = [None] * len(self.b)
        for i in reversed(range(len(self.W))):
            grads_W[i] = self.activations[i].T @ delta / m + self.reg * self.W[i]
            grads_b[i] = delta.sum(axis=0) / m
            if i > 0:
                delta = (delta @ self.W[i].T) * (self.zs[i - 1] > 0)
        return grads_W, grads_b

    def _update(self, grads_W, grads_b):
        for i in range(len(self.W)):
            self.W[i] -= self.learning_rate * grads_W[i]
            self.b[i] -= self.learning_rate * grads_b[i]

    def fit(self, X, y, epochs=30, batch_size=16, verbose=True):
        n = X.shape[0]
        for epoch in range(epochs):
            order = self.rng.permutation(n)
            X, y = X[order], y[order]
            epoch_loss = 0.0
            for start in range(0, n, batch_size):
                xb = X[start:start + batch_size]
                yb = y[start:start + batch_size]
                probs = self._forward(xb)
                epoch_loss += self._loss(probs, yb) * len(xb)
                self._update(*self._backward(yb))
            acc = np.mean(self.predict(X) == y)
            self.history["loss"].append(epoch_loss / n)
            self.history["acc"].append(acc)
            if verbose and epoch % 10 == 0:
                print(f"Epoch {epoch:3d} | loss {epoch_loss / n:.4f} | acc {acc:.3f}")
        return self

    def predict(self, X):
        return np.argmax(self._forward(X), axis=1)


if __name__ == "__main__":
    rng = np.random.default_rng(7)
    X = rng.standard_normal((90, 4))
    y = (X[:, 0] + X[:, 1] ** 2 > 1).astype(int) + (X[:, 2] > 0.5).astype(int)
    model = NeuralNetwork([4, 12, 8, 3], seed=1)
    model.fit(X, y, epochs=31, batch_size=15)
    print("final accuracy:", model.history["acc"][-1])
