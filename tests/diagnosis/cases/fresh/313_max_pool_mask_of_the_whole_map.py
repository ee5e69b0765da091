"""Truth: the mask compares the window with the largest value of the whole map, not of the window."""
import numpy as np


class MaxPool2D:
    """handnn: layer, input_shape=(2, 4, 6)"""

    def __init__(self, pool_size=2, stride=2):
        self.p = pool_size
        self.s = stride

    def forward(self, x):
        self.x = x
        N, C, H, W = x.shape
        h_out = (H - self.p) // self.s + 1
        w_out = (W - self.p) // self.s + 1
        out = np.zeros((N, C, h_out, w_out))
        for i in range(h_out):
            for j in range(w_out):
                r, c = i * self.s, j * self.s
                out[:, :, i, j] = x[:, :, r : r + self.p, c : c + self.p].max(axis=(2, 3))
        return out

    def backward(self, dout):
        N, C, h_out, w_out = dout.shape
        dx = np.zeros_like(self.x)
        for n in range(N):
            for c in range(C):
                for i in range(h_out):
                    for j in range(w_out):
                        rs = slice(i * self.s, i * self.s + self.p)
                        cs = slice(j * self.s, j * self.s + self.p)
                        window = self.x[n, c, rs, cs]
                        mask = window == np.max(self.x[n, c])
                        dx[n, c, rs, cs] += mask * dout[n, c, i, j]
        return dx
