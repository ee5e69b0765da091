"""Truth: right. Layers under an abstract base class: convolution by columns, average pooling, leaky relu, flatten and dense."""
from abc import ABC, abstractmethod
from typing import Dict, Tuple

import numpy as np

Array = np.ndarray


def im2col(x: Array, k: int, stride: int, pad: int) -> Tuple[Array, int, int]:
    n, c, h, w = x.shape
    xp = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    oh = (h + 2 * pad - k) // stride + 1
    ow = (w + 2 * pad - k) // stride + 1
    cols = np.empty((n, c, k, k, oh, ow))
    for i in range(k):
        for j in range(k):
            cols[:, :, i, j] = xp[:, :, i:i + stride * oh:stride, j:j + stride * ow:stride]
    return cols.transpose(0, 4, 5, 1, 2, 3).reshape(n * oh * ow, c * k * k), oh, ow


def col2im(cols: Array, shape: Tuple[int, ...], k: int, stride: int, pad: int, oh: int, ow: int) -> Array:
    n, c, h, w = shape
    cols = cols.reshape(n, oh, ow, c, k, k).transpose(0, 3, 4, 5, 1, 2)
    xp = np.zeros((n, c, h + 2 * pad, w + 2 * pad))
    for i in range(k):
        for j in range(k):
            xp[:, :, i:i + stride * oh:stride, j:j + stride * ow:stride] += cols[:, :, i, j]
    return xp[:, :, pad:pad + h, pad:pad + w]


class Layer(ABC):
    def __init__(self) -> None:
        self.params: Dict[str, Array] = {}
        self.grads: Dict[str, Array] = {}

    @abstractmethod
    def forward(self, x: Array) -> Array: ...

    @abstractmethod
    def backward(self, grad: Array) -> Array: ...

    def __call__(self, x: Array) -> Array:
        return self.forward(x)


class Conv2d(Layer):
    def __init__(self, in_ch: int, out_ch: int, k: int = 3, stride: int = 1, pad: int = 1) -> None:
        super().__init__()
        self.k, self.stride, self.pad = k, stride, pad
        self.params["w"] = np.random.randn(out_ch, in_ch, k, k) * np.sqrt(2 / (in_ch * k * k))
        self.params["b"] = np.zeros(out_ch)

    def forward(self, x: Array) -> Array:
        self.shape = x.shape
        self.cols, self.oh, self.ow = im2col(x, self.k, self.stride, self.pad)
        wmat = self.params["w"].reshape(len(self.params["b"]), -1)
        out = self.cols @ wmat.T + self.params["b"]
        return out.reshape(x.shape[0], self.oh, self.ow, -1).transpose(0, 3, 1, 2)

    def backward(self, grad: Array) -> Array:
        g = grad.transpose(0, 2, 3, 1).reshape(-1, grad.shape[1])
        w = self.params["w"]
        self.grads["w"] = (g.T @ self.cols).reshape(w.shape)
        self.grads["b"] = g.sum(axis=0)
        dcols = g @ w.reshape(w.shape[0], -1)
        return col2im(dcols, self.shape, self.k, self.stride, self.pad, self.oh, self.ow)


class AvgPool2d(Layer):
    def __init__(self, size: int = 2) -> None:
        super().__init__()
        self.size = size

    def forward(self, x: Array) -> Array:
        n, c, h, w = x.shape
        s = self.size
        return x.reshape(n, c, h // s, s, w // s, s).mean(axis=(3, 5))

    def backward(self, grad: Array) -> Array:
        s = self.size
        return grad.repeat(s, axis=2).repeat(s, axis=3) / (s * s)


class LeakyReLU(Layer):
    def __init__(self, slope: float = 0.1) -> None:
        super().__init__()
        self.slope = slope

    def forward(self, x: Array) -> Array:
        self.factor = np.where(x > 0, 1.0, self.slope)
        return x * self.factor

    def backward(self, grad: Array) -> Array:
        return grad * self.factor


class Flatten(Layer):
    def forward(self, x: Array) -> Array:
        self.shape = x.shape
        return x.reshape(x.shape[0], -1)

    def backward(self, grad: Array) -> Array:
        return grad.reshape(self.shape)


class Dense(Layer):
    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.params["w"] = np.random.randn(n_in, n_out) / np.sqrt(n_in)
        self.params["b"] = np.zeros(n_out)

    def forward(self, x: Array) -> Array:
        self.x = x
        return x @ self.params["w"] + self.params["b"]

    def backward(self, grad: Array) -> Array:
        self.grads["w"] = self.x.T @ grad
        self.grads["b"] = grad.sum(axis=0)
        return grad @ self.params["w"].T


if __name__ == "__main__":
    np.random.seed(0)
    x = np.random.randn(6, 1, 8, 8)
    t = np.eye(3)[np.arange(6) % 3]
    net = [Conv2d(1, 4), LeakyReLU(), AvgPool2d(2), Flatten(), Dense(64, 3)]
    for step in range(15):
        a = x
        for layer in net:
            a = layer(a)
        g = 2 * (a - t) / a.size
        for layer in reversed(net):
            g = layer.backward(g)
            for key in layer.params:
                layer.params[key] -= 0.1 * layer.grads[key]
        print(step, np.mean((a - t) ** 2))
