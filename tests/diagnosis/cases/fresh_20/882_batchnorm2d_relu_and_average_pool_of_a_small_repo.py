"""Truth: the number of values that one channel's mean runs over. Three layers for images of a small repository, channels second."""
import numpy as np


class Layer:
    def parameters(self):
        return []

    def gradients(self):
        return []


class BatchNorm2D(Layer):
    def __init__(self, channels, momentum=0.9, eps=1e-5):
        self.gamma = np.ones((1, channels, 1, 1))
        self.beta = np.zeros((1, channels, 1, 1))
        self.running_mean = np.zeros((1, channels, 1, 1))
        self.running_var = np.ones((1, channels, 1, 1))
        self.momentum = momentum
        self.eps = eps

    def forward(self, x, training=True):
        if training:
            self.mu = x.mean(axis=(0, 2, 3), keepdims=True)
            self.var = x.var(axis=(0, 2, 3), keepdims=True)
            self.running_mean = self.momentum * self.running_mean + (1 - self.momentum) * self.mu
            self.running_var = self.momentum * self.running_var + (1 - self.momentum) * self.var
            mu, var = self.mu, self.var
        else:
            mu, var = self.running_mean, self.running_var
        self.x = x
        self.std_inv = 1.0 / np.sqrt(var + self.eps)
        self.x_hat = (x - mu) * self.std_inv
        return self.gamma * self.x_hat + self.beta

    def backward(self, dout):
        axes = (0, 2, 3)
        m = self.x.shape[0]
        self.dgamma = np.sum(dout * self.x_hat, axis=axes, keepdims=True)
        self.dbeta = np.sum(dout, axis=axes, keepdims=True)

        dx_hat = dout * self.gamma
        centred = self.x - self.mu
        dvar = np.sum(dx_hat * centred * -0.5 * self.std_inv ** 3, axis=axes, keepdims=True)
        dmu = np.sum(-dx_hat * self.std_inv, axis=axes, keepdims=True)
        return dx_hat * self.std_inv + dvar * 2 * centred / m + dmu / m

    def parameters(self):
        return [self.gamma, self.beta]

    def gradients(self):
        return [self.dgamma, self.dbeta]


class LeakyReLU(Layer):
    def __init__(self, slope=0.1):
        self.slope = slope

    def forward(self, x, training=True):
        self.positive = x > 0
        return np.where(self.positive, x, self.slope * x)

    def backward(self, dout):
        return np.where(self.positive, dout, self.slope * dout)


class GlobalAveragePool(Layer):
    def forward(self, x, training=True):
        self.shape = x.shape
        return x.mean(axis=(2, 3))

    def backward(self, dout):
        n, c, h, w = self.shape
        return np.broadcast_to(dout[:, :, None, None], self.shape) / (h * w)


if __name__ == "__main__":
    rng = np.random.RandomState(3)
    images = rng.randn(6, 2, 4, 4) * 3 + 1
    goal = rng.randn(6, 2)
    net = [BatchNorm2D(2), LeakyReLU(), GlobalAveragePool()]
    for step in range(50):
        out = images
        for layer in net:
            out = layer.forward(out)
        grad = (out - goal) / len(goal)
        for layer in reversed(net):
            grad = layer.backward(grad)
        for layer in net:
            for p, g in zip(layer.parameters(), layer.gradients()):
                p -= 0.1 * g
    print(0.5 * np.mean(np.sum((out - goal) ** 2, axis=1)))
