"""Truth: all right. Cross-entropy's derivative -Y / Yhat and the softmax's Jacobian are kept apart, a matrix for each row.
Is this correct, or could numerical errors make everything fail?
"""
import numpy as np


class Layer:
    pass


class Softmax(Layer):
    """handnn: layer, input_shape=(4,)"""

    def forward(self, X):
        shifted = X - np.max(X, axis=1)[:, None]
        self.P = np.exp(shifted)
        self.P /= np.sum(self.P, axis=1)[:, None]
        return self.P

    def jacobians(self):
        n, c = self.P.shape
        J = np.empty((n, c, c))
        for i in range(n):
            p = self.P[i].reshape(-1, 1)
            J[i] = np.diagflat(p) - p @ p.T
        return J

    def backward(self, dE_dP):
        # row i of the result is dE_dP[i] . J[i]; J is symmetric
        return np.stack([row @ J for row, J in zip(dE_dP, self.jacobians())])


class Linear(Layer):
    """handnn: layer, input_shape=(5,)"""

    def __init__(self, n_in=5, n_out=4, seed=3):
        r = np.random.RandomState(seed)
        self.W = r.uniform(-0.5, 0.5, (n_in, n_out))
        self.b = np.zeros((1, n_out))

    def forward(self, X):
        self.X = X
        return X @ self.W + self.b

    def backward(self, dE_dZ):
        self.dW = self.X.T @ dE_dZ
        self.db = np.ones((1, len(dE_dZ))) @ dE_dZ
        return dE_dZ @ self.W.T


class CrossEntropy:
    def forward(self, Y, P):
        return -np.sum(Y * np.log(P))

    def backward(self, Y, P):
        return -Y / P


if __name__ == "__main__":
    r = np.random.RandomState(0)
    X = r.randn(60, 5)
    Y = np.eye(4)[(X[:, 0] > 0).astype(int) + 2 * (X[:, 1] > 0)]
    chain, criterion = [Linear(), Softmax()], CrossEntropy()
    for epoch in range(100):
        out = X
        for layer in chain:
            out = layer.forward(out)
        cost = criterion.forward(Y, out)
        grad = criterion.backward(Y, out)
        for layer in reversed(chain):
            grad = layer.backward(grad)
        chain[0].W -= 0.01 * chain[0].dW
        chain[0].b -= 0.01 * chain[0].db
    print(cost / len(X))
