"""Truth: the weights' gradients are averaged over the batch, the hidden bias' gradient is not."""
import numpy as np


class IrisNet:
    """handnn: network 4-6-3 tanh softmax categorical_crossentropy"""

    def __init__(self, n_in=4, n_hidden=6, n_out=3, lr=0.1):
        rng = np.random.RandomState(0)
        self.lr = lr
        self.W1 = rng.randn(n_in, n_hidden) * np.sqrt(1.0 / n_in)
        self.b1 = np.zeros((1, n_hidden))
        self.W2 = rng.randn(n_hidden, n_out) * np.sqrt(1.0 / n_hidden)
        self.b2 = np.zeros((1, n_out))

    def softmax(self, z):
        z = z - z.max(axis=1, keepdims=True)
        e = np.exp(z)
        return e / e.sum(axis=1, keepdims=True)

    def forward(self, X):
        self.z1 = X @ self.W1 + self.b1
        self.a1 = np.tanh(self.z1)
        self.z2 = self.a1 @ self.W2 + self.b2
        self.probs = self.softmax(self.z2)
        return self.probs

    def compute_loss(self, y):
        return -np.mean(np.sum(y * np.log(self.probs + 1e-12), axis=1))

    def backward(self, X, y):
        m = X.shape[0]
        dz2 = self.probs - y
        dW2 = self.a1.T @ dz2 / m
        db2 = np.sum(dz2, axis=0, keepdims=True) / m
        dz1 = (dz2 @ self.W2.T) * (1 - self.a1 ** 2)
        dW1 = X.T @ dz1 / m
        db1 = np.sum(dz1, axis=0, keepdims=True)
        self.W2 -= self.lr * dW2
        self.b2 -= self.lr * db2
        self.W1 -= self.lr * dW1
        self.b1 -= self.lr * db1

    def train(self, X, y, epochs=100):
        for i in range(epochs):
            self.forward(X)
            self.backward(X, y)
            if i % 10 == 0:
                print(i, self.compute_loss(y))
