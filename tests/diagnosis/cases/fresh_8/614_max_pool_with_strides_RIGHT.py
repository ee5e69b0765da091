"""Truth: RIGHT. Windows in loops, the place of the maximum by argmax."""
import numpy as np


class MaxPool:
    def __init__(self, size=2, stride=2):
        self.size, self.stride = size, stride

    def forward(self, x):
        self.x = x
        n, c, h, w = x.shape
        rows, cols = (h - self.size) // self.stride + 1, (w - self.size) // self.stride + 1
        out = np.zeros((n, c, rows, cols))
        for i in range(rows):
            for j in range(cols):
                top, left = i * self.stride, j * self.stride
                out[:, :, i, j] = x[:, :, top : top + self.size, left : left + self.size].max(axis=(2, 3))
        return out

    def backward(self, dout):
        dx = np.zeros_like(self.x)
        n, c, rows, cols = dout.shape
        for b in range(n):
            for ch in range(c):
                for i in range(rows):
                    for j in range(cols):
                        top, left = i * self.stride, j * self.stride
                        window = self.x[b, ch, top : top + self.size, left : left + self.size]
                        a, d = np.unravel_index(np.argmax(window), window.shape)
                        dx[b, ch, top + a, left + d] += dout[b, ch, i, j]
        return dx
