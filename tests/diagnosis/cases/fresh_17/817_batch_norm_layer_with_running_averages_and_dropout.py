"""Truth: the mean of a batch on the way back. Layers for a small library: normalization with running averages, dropout, tanh; each
knows whether it is training.
"""
import numpy as np


class BatchNorm1d:
    """Normalizes each feature over the batch. x has shape (N, D)."""

    def __init__(self, dim, momentum=0.9, eps=1e-5):
        self.gamma = np.ones(dim)
        self.beta = np.zeros(dim)
        self.momentum = momentum
        self.eps = eps
        self.running_mean = np.zeros(dim)
        self.running_var = np.ones(dim)
        self.training = True
        self.dgamma = None
        self.dbeta = None

    def forward(self, x):
        if not self.training:
            x_hat = (x - self.running_mean) / np.sqrt(self.running_var + self.eps)
            return self.gamma * x_hat + self.beta
        self.mu = x.mean(axis=0)
        self.var = x.var(axis=0)
        self.x_centered = x - self.mu
        self.inv_std = 1.0 / np.sqrt(self.var + self.eps)
        self.x_hat = self.x_centered * self.inv_std
        self.running_mean = self.momentum * self.running_mean + (1 - self.momentum) * self.mu
        self.running_var = self.momentum * self.running_var + (1 - self.momentum) * self.var
        return self.gamma * self.x_hat + self.beta

    def backward(self, grad):
        N = grad.shape[0]
        self.dgamma = np.sum(grad * self.x_hat, axis=0)
        self.dbeta = np.sum(grad, axis=0)
        dx_hat = grad * self.gamma
        dvar = np.sum(dx_hat * self.x_centered, axis=0) * -0.5 * self.inv_std ** 3
        dmu = -np.sum(dx_hat * self.inv_std) + dvar * np.mean(-2.0 * self.x_centered, axis=0)
        return dx_hat * self.inv_std + dvar * 2.0 * self.x_centered / N + dmu / N


class Dropout:
    def __init__(self, p=0.5):
        self.p = p
        self.training = True

    def forward(self, x):
        if not self.training:
            self.mask = np.ones_like(x)
            return x
        keep = 1 - self.p
        self.mask = np.random.binomial(1, keep, size=x.shape)
        return x * self.mask / keep

    def backward(self, grad):
        return grad * self.mask / (1 - self.p) if self.training else grad


class Tanh:
    def forward(self, x):
        self.out = np.tanh(x)
        return self.out

    def backward(self, grad):
        return grad * (1 - self.out ** 2)


class Linear:
    def __init__(self, n_in, n_out):
        self.W = np.random.randn(n_in, n_out) / np.sqrt(n_in)
        self.b = np.zeros(n_out)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, grad):
        self.dW = self.x.T @ grad
        self.db = grad.sum(axis=0)
        return grad @ self.W.T


class Sequential:
    def __init__(self, *layers):
        self.layers = layers

    def train(self, flag=True):
        for layer in self.layers:
            layer.training = flag

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, grad):
        for layer in self.layers[::-1]:
            grad = layer.backward(grad)

    def step(self, lr):
        for layer in self.layers:
            if isinstance(layer, Linear):
                layer.W -= lr * layer.dW
                layer.b -= lr * layer.db
            elif isinstance(layer, BatchNorm1d):
                layer.gamma -= lr * layer.dgamma
                layer.beta -= lr * layer.dbeta


if __name__ == "__main__":
    np.random.seed(11)
    X = 3 * np.random.randn(64, 5) + 2
    target = np.sin(X[:, :1]) + 0.2 * X[:, 1:2]
    net = Sequential(Linear(5, 16), BatchNorm1d(16), Tanh(), Dropout(0.2), Linear(16, 1))
    for epoch in range(201):
        net.train(True)
        prediction = net.forward(X)
        loss = np.mean((prediction - target) ** 2)
        net.backward(2 * (prediction - target) / len(X))
        net.step(0.05)
        if epoch % 50 == 0:
            net.train(False)
            print("epoch", epoch, "train", loss, "test", np.mean((net.forward(X) - target) ** 2))
