import numpy as np


class Net:
    def __init__(self, n_in, n_hidden, n_out, lr=0.01, rho=0.9, eps=1e-8, epochs=100):
        rng = np.random.default_rng(1)
        self.W1 = rng.normal(size=(n_in, n_hidden)) * 0.3
        self.b1 = np.zeros(n_hidden)
        self.W2 = rng.normal(size=(n_hidden, n_out)) * 0.3
        self.b2 = np.zeros(n_out)
        self.lr, self.rho, self.eps, self.epochs = lr, rho, eps, epochs
        self.sW1, self.sb1 = np.zeros_like(self.W1), np.zeros_like(self.b1)
        self.sW2, self.sb2 = np.zeros_like(self.W2), np.zeros_like(self.b2)

    def fit(self, X, y):
        losses = []
        for epoch in range(self.epochs):
            z1 = X @ self.W1 + self.b1
            a1 = np.maximum(0, z1)
            out = a1 @ self.W2 + self.b2
            loss = np.mean((out - y) ** 2)
            losses.append(loss)
            dout = 2 * (out - y) / y.size
            dW2 = a1.T @ dout
            db2 = dout.sum(axis=0)
            da1 = dout @ self.W2.T
            dz1 = da1 * (z1 > 0)
            dW1 = X.T @ dz1
            db1 = dz1.sum(axis=0)
            self.sW1 = self.rho * self.sW1 + (1 - self.rho) * dW1**2
            self.sb1 = self.rho * self.sb1 + (1 - self.rho) * db1**2
            self.sW2 = self.rho * self.sW2 + (1 - self.rho) * dW2**2
            self.sb2 = self.rho * self.sb2 + (1 - self.rho) * db2**2
            self.W1 -= self.lr * dW1 / (np.sqrt(self.sW1) + self.eps)
            self.b1 -= self.lr * db1 / (np.sqrt(self.sb1) + self.eps)
            self.W2 -= self.lr * dW2 / (np.sqrt(self.sW2) + self.eps)
            self.b2 -= self.lr * db2 / (np.sqrt(self.sb2) + self.eps)
        return losses
