"""Truth: the leaky layer on the way back. Layers with forward and backward, put in order in a dict, as a well-known book does it;
dropout between them and softmax with its loss as the last layer.
"""
from collections import OrderedDict

import numpy as np


class Affine:
    def __init__(self, W, b):
        self.W = W
        self.b = b
        self.x = None
        self.dW = None
        self.db = None

    def forward(self, x):
        self.x = x
        return np.dot(self.x, self.W) + self.b

    def backward(self, dout):
        dx = np.dot(dout, self.W.T)
        self.dW = np.dot(self.x.T, dout)
        self.db = np.sum(dout, axis=0)
        return dx


class LeakyRelu:
    def __init__(self, alpha=0.1):
        self.alpha = alpha
        self.mask = None

    def forward(self, x):
        self.mask = x <= 0
        out = x.copy()
        out[self.mask] *= self.alpha
        return out

    def backward(self, dout):
        dx = dout.copy()
        dx[self.mask] = self.alpha
        return dx


class Dropout:
    def __init__(self, ratio=0.3):
        self.ratio = ratio
        self.mask = None

    def forward(self, x, train_flg=True):
        if train_flg:
            self.mask = (np.random.rand(*x.shape) > self.ratio) / (1.0 - self.ratio)
            return x * self.mask
        return x

    def backward(self, dout):
        return dout * self.mask


class SoftmaxWithLoss:
    def __init__(self):
        self.loss = None
        self.y = None
        self.t = None

    def forward(self, x, t):
        self.t = t
        e = np.exp(x - np.max(x, axis=1, keepdims=True))
        self.y = e / np.sum(e, axis=1, keepdims=True)
        self.loss = -np.sum(self.t * np.log(self.y + 1e-12)) / self.t.shape[0]
        return self.loss

    def backward(self, dout=1):
        batch_size = self.t.shape[0]
        return dout * (self.y - self.t) / batch_size


class ThreeLayerNet:
    def __init__(self, input_size, hidden_sizes, output_size):
        sizes = [input_size] + hidden_sizes + [output_size]
        self.params = {}
        self.layers = OrderedDict()
        for i in range(1, len(sizes)):
            self.params["W" + str(i)] = np.random.randn(sizes[i - 1], sizes[i]) * np.sqrt(2.0 / sizes[i - 1])
            self.params["b" + str(i)] = np.zeros(sizes[i])
            self.layers["Affine" + str(i)] = Affine(self.params["W" + str(i)], self.params["b" + str(i)])
            if i < len(sizes) - 1:
                self.layers["LeakyRelu" + str(i)] = LeakyRelu()
                self.layers["Dropout" + str(i)] = Dropout(0.1)
        self.lastLayer = SoftmaxWithLoss()

    def predict(self, x, train_flg=False):
        for key, layer in self.layers.items():
            if "Dropout" in key:
                x = layer.forward(x, train_flg)
            else:
                x = layer.forward(x)
        return x

    def loss(self, x, t, train_flg=False):
        return self.lastLayer.forward(self.predict(x, train_flg), t)

    def gradient(self, x, t):
        self.loss(x, t, train_flg=True)
        dout = self.lastLayer.backward(1)
        layers = list(self.layers.values())
        layers.reverse()
        for layer in layers:
            dout = layer.backward(dout)
        grads = {}
        for key, layer in self.layers.items():
            if key.startswith("Affine"):
                grads["W" + key[6:]] = layer.dW
                grads["b" + key[6:]] = layer.db
        return grads


if __name__ == "__main__":
    np.random.seed(0)
    x_train = np.random.randn(100, 6)
    t_train = np.eye(3)[(x_train[:, :3] ** 2).argmax(axis=1)]
    network = ThreeLayerNet(6, [16, 10], 3)
    for i in range(301):
        mask = np.random.choice(100, 20)
        grad = network.gradient(x_train[mask], t_train[mask])
        for key in network.params:
            network.params[key] -= 0.01 * grad[key]
        if i % 100 == 0:
            print(i, network.loss(x_train, t_train))
