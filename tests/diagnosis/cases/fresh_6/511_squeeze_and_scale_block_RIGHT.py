"""Truth: RIGHT. A channel gate: 'the path through the mean is missing' was suspected, it is the second term. (N, C, H, W)."""
import numpy as np


class ChannelGate:
    def __init__(self, channels=2):
        self.W = np.random.randn(channels, channels) * 0.7
        self.b = np.zeros(channels)

    def forward(self, x):
        self.x = x
        self.m = x.mean(axis=(2, 3))
        self.s = 1 / (1 + np.exp(-(self.m @ self.W + self.b)))
        return x * self.s[:, :, None, None]

    def backward(self, dout):
        ds = (dout * self.x).sum(axis=(2, 3))
        dz = ds * self.s * (1 - self.s)
        self.dW = self.m.T @ dz
        self.db = dz.sum(axis=0)
        dm = dz @ self.W.T
        area = self.x.shape[2] * self.x.shape[3]
        return dout * self.s[:, :, None, None] + dm[:, :, None, None] / area
