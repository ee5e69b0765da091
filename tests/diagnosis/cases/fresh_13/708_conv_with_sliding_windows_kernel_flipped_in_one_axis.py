"""Truth: for the gradient of the input the kernel has to be turned by 180 degrees, that is in both axes; here only the last one is
reversed. A convolution layer on windows of NumPy's stride tricks, and a leaky ReLU, which is right.
"""
from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


class Conv2D:
    def __init__(self, in_channels: int, out_channels: int, kernel_size: int = 3, seed: int | None = None) -> None:
        rng = np.random.default_rng(seed)
        fan_in = in_channels * kernel_size ** 2
        self.w = rng.standard_normal((out_channels, in_channels, kernel_size, kernel_size)) * np.sqrt(2 / fan_in)
        self.b = np.zeros(out_channels)
        self.dw: np.ndarray | None = None
        self.db: np.ndarray | None = None

    def forward(self, x: np.ndarray) -> np.ndarray:
        k = self.w.shape[-1]
        # (N, C, H', W', k, k)
        self.windows = sliding_window_view(x, (k, k), axis=(2, 3))
        out = np.tensordot(self.windows, self.w, axes=([1, 4, 5], [1, 2, 3]))
        return np.moveaxis(out, -1, 1) + self.b[None, :, None, None]

    def backward(self, dout: np.ndarray) -> np.ndarray:
        k = self.w.shape[-1]
        self.db = dout.sum(axis=(0, 2, 3))
        self.dw = np.tensordot(dout, self.windows, axes=([0, 2, 3], [0, 2, 3]))
        # full convolution of the upstream with the kernels
        p = k - 1
        padded = np.pad(dout, ((0, 0), (0, 0), (p, p), (p, p)))
        win = sliding_window_view(padded, (k, k), axis=(2, 3))
        dx = np.tensordot(win, self.w[:, :, :, ::-1], axes=([1, 4, 5], [0, 2, 3]))
        return np.moveaxis(dx, -1, 1)

    def step(self, lr: float) -> None:
        self.w -= lr * self.dw
        self.b -= lr * self.db


class LeakyReLU:
    def __init__(self, slope: float = 0.1) -> None:
        self.slope = slope

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.factor = np.where(x > 0, 1.0, self.slope)
        return x * self.factor

    def backward(self, dout: np.ndarray) -> np.ndarray:
        return dout * self.factor


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    images = rng.standard_normal((4, 2, 8, 7))
    layers = [Conv2D(2, 3, seed=1), LeakyReLU(), Conv2D(3, 1, seed=2)]
    for it in range(20):
        out = images
        for layer in layers:
            out = layer.forward(out)
        grad = out / out.size
        for layer in reversed(layers):
            grad = layer.backward(grad)
        for layer in layers:
            if isinstance(layer, Conv2D):
                layer.step(0.1)
        print(it, float(0.5 * np.mean(out ** 2)))
