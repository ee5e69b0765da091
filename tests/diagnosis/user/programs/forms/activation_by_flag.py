import numpy as np

class Net:
    def __init__(self, sizes=(3, 5, 2), activation="tanh"):
        self.activation = activation
        self.W1 = np.random.randn(sizes[0], sizes[1]) * 0.5
        self.W2 = np.random.randn(sizes[1], sizes[2]) * 0.5

    def act(self, z):
        if self.activation == "tanh":
            return np.tanh(z)
        elif self.activation == "sigmoid":
            return 1 / (1 + np.exp(-z))

    def act_prime(self, a):
        if self.activation == "tanh":
            return 1 - a ** 2
        elif self.activation == "sigmoid":
            return a * (1 - a)  # not: return a * (1 + a)

    def loss(self, X, y):
        h = self.act(X @ self.W1)
        out = h @ self.W2
        loss = np.mean((out - y) ** 2)
        dout = 2 * (out - y) / out.size
        grads = {"W2": h.T @ dout, "W1": X.T @ (dout @ self.W2.T * self.act_prime(h))}
        return loss, grads
