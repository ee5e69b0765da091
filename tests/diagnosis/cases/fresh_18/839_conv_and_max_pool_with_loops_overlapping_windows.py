"""Truth: windows of the pooling that overlap. Two layers for pictures, written with loops, the pooling of windows 3 with stride 2."""
import numpy as np


class Conv:
    def __init__(self, n_filters, channels, size=3):
        self.size = size
        self.W = np.random.randn(n_filters, channels, size, size) / size ** 2
        self.b = np.zeros(n_filters)

    def forward(self, x):
        self.x = x
        n, _, h, w = x.shape
        k = self.size
        out = np.zeros((n, len(self.W), h - k + 1, w - k + 1))
        for i in range(h - k + 1):
            for j in range(w - k + 1):
                patch = x[:, :, i:i + k, j:j + k]
                out[:, :, i, j] = np.tensordot(patch, self.W, axes=([1, 2, 3], [1, 2, 3])) + self.b
        return out

    def backward(self, dout):
        k = self.size
        dx = np.zeros_like(self.x)
        self.dW = np.zeros_like(self.W)
        self.db = dout.sum(axis=(0, 2, 3))
        for i in range(dout.shape[2]):
            for j in range(dout.shape[3]):
                d = dout[:, :, i, j]
                self.dW += np.tensordot(d, self.x[:, :, i:i + k, j:j + k], axes=(0, 0))
                dx[:, :, i:i + k, j:j + k] += np.tensordot(d, self.W, axes=(1, 0))
        return dx


class MaxPool:
    def __init__(self, size=3, stride=2):
        self.size, self.stride = size, stride

    def forward(self, x):
        self.x = x
        n, c, h, w = x.shape
        k, s = self.size, self.stride
        out = np.zeros((n, c, (h - k) // s + 1, (w - k) // s + 1))
        for i in range(out.shape[2]):
            for j in range(out.shape[3]):
                out[:, :, i, j] = x[:, :, i * s:i * s + k, j * s:j * s + k].max(axis=(2, 3))
        return out

    def backward(self, dout):
        k, s = self.size, self.stride
        dx = np.zeros_like(self.x)
        for n in range(dout.shape[0]):
            for c in range(dout.shape[1]):
                for i in range(dout.shape[2]):
                    for j in range(dout.shape[3]):
                        window = self.x[n, c, i * s:i * s + k, j * s:j * s + k]
                        a, b = np.unravel_index(np.argmax(window), window.shape)
                        dx[n, c, i * s + a, j * s + b] = dout[n, c, i, j]
        return dx


if __name__ == "__main__":
    np.random.seed(3)
    images = np.random.randn(6, 1, 9, 9)
    conv, pool = Conv(4, 1), MaxPool()
    target = np.random.rand(6, 4, 3, 3)
    for step in range(60):
        out = pool.forward(conv.forward(images))
        conv.backward(pool.backward(2 * (out - target) / out.size))
        conv.W -= 0.5 * conv.dW
        conv.b -= 0.5 * conv.db
        if step % 20 == 0:
            print(step, np.mean((out - target) ** 2))
