"""Normalization, embedding, dropout, activations as layers, float32, scalars. All are right."""
# ruff: noqa (code as people write it)

import numpy as np


class LayerNorm:
    def __init__(self, dim, eps=1e-5):
        self.g, self.b, self.eps = np.ones(dim), np.zeros(dim), eps

    def __call__(self, x):
        self.mu, self.var = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
        self.xhat = (x - self.mu) / np.sqrt(self.var + self.eps)
        return self.g * self.xhat + self.b

    def backward(self, dy):
        self.dg, self.db = (dy * self.xhat).sum(0), dy.sum(0)
        d = dy * self.g
        return (d - d.mean(-1, keepdims=True) - self.xhat * (d * self.xhat).mean(-1, keepdims=True)) / np.sqrt(self.var + self.eps)


class BatchNorm1D:
    """Running statistics in training; momentum; a flag."""

    def __init__(self, num_features, momentum=0.9):
        self.gamma, self.beta, self.momentum = np.ones((1, num_features)), np.zeros((1, num_features)), momentum
        self.running_mean, self.running_var = np.zeros((1, num_features)), np.ones((1, num_features))

    def forward(self, x, train_flg=True):
        mean, var = (x.mean(0, keepdims=True), x.var(0, keepdims=True)) if train_flg else (self.running_mean, self.running_var)
        if train_flg:
            self.running_mean = self.momentum * self.running_mean + (1 - self.momentum) * mean
            self.running_var = self.momentum * self.running_var + (1 - self.momentum) * var
        self.std = np.sqrt(var + 1e-7)
        self.norm = (x - mean) / self.std
        return self.gamma * self.norm + self.beta

    def backward(self, dout):
        self.dgamma, self.dbeta = np.sum(dout * self.norm, 0, keepdims=True), np.sum(dout, 0, keepdims=True)
        d = dout * self.gamma
        return (d - d.mean(0) - self.norm * (d * self.norm).mean(0)) / self.std


class Embedding:
    """Integers in; only the table has a gradient."""

    def __init__(self, vocab_size, embedding_dim):
        self.table = np.random.randn(vocab_size, embedding_dim)

    def forward(self, idx):
        self.idx = idx
        return self.table[idx]

    def backward(self, dout):
        self.dtable = np.zeros_like(self.table)
        np.add.at(self.dtable, self.idx, dout)


class Dropout:
    def __init__(self, rate):
        self.rate = rate

    def forward(self, x, training=True):
        if not training:
            return x
        self.mask = np.random.binomial(1, 1 - self.rate, size=x.shape) / (1 - self.rate)
        return x * self.mask

    def backward(self, grad):
        return grad * self.mask


class Softmax:
    def forward(self, x):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        self.out = e / e.sum(axis=1, keepdims=True)
        return self.out

    def backward(self, dout):
        return self.out * (dout - (dout * self.out).sum(axis=1, keepdims=True))


class PReLU:
    """A slope that is a scalar array; float32 inside."""

    def __init__(self):
        self.alpha = np.array([0.25], dtype=np.float32)

    def forward(self, x):
        self.x = x
        return np.where(x > 0, x, self.alpha * x)

    def backward(self, dout):
        self.dalpha = np.sum(dout * np.minimum(self.x, 0)).reshape(1)
        return dout * np.where(self.x > 0, 1, self.alpha)


class Scale:
    """One number, not an array, as weight."""

    def __init__(self):
        self.w = 1.5

    def forward(self, x):
        self.x = x
        return self.w * np.sin(x)

    def backward(self, d):
        self.dw = float(np.sum(d * np.sin(self.x)))
        return d * self.w * np.cos(self.x)


class Activation:
    """Takes the function and its derivative."""

    def __init__(self, activation, activation_prime):
        self.activation, self.activation_prime = activation, activation_prime

    def forward_propagation(self, input_data):
        self.input = input_data
        return self.activation(input_data)

    def backward_propagation(self, output_error, learning_rate):
        return self.activation_prime(self.input) * output_error
