"""Truth: RIGHT, both. Attention of a decoder over the encoder's states hs (N, T, H): the weights from one state h, and
the weighted sum. Each layer has two inputs and hands down two gradients; repeats are undone by sums.
"""
import numpy as np


class Softmax:
    def forward(self, x):
        x = x - x.max(axis=1, keepdims=True)
        self.out = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
        return self.out

    def backward(self, dout):
        dx = self.out * dout
        return dx - self.out * dx.sum(axis=1, keepdims=True)


class WeightSum:
    def __init__(self):
        self.params, self.grads = [], []
        self.cache = None

    def forward(self, hs, a):
        ar = a[:, :, np.newaxis]
        self.cache = (hs, ar)
        return (hs * ar).sum(axis=1)

    def backward(self, dc):
        hs, ar = self.cache
        dt = np.repeat(dc[:, np.newaxis], hs.shape[1], axis=1)
        dhs, dar = dt * ar, dt * hs
        return dhs, dar.sum(axis=2)


class AttentionWeight:
    def __init__(self):
        self.params, self.grads = [], []
        self.softmax = Softmax()
        self.cache = None

    def forward(self, hs, h):
        hr = h[:, np.newaxis]
        self.cache = (hs, hr)
        return self.softmax.forward((hs * hr).sum(axis=2))

    def backward(self, da):
        hs, hr = self.cache
        ds = self.softmax.backward(da)
        dt = np.repeat(ds[:, :, np.newaxis], hs.shape[2], axis=2)
        dhs, dhr = dt * hr, dt * hs
        return dhs, dhr.sum(axis=1)
