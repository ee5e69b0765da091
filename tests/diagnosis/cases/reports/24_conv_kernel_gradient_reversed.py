"""Truth: the cross-correlation for the weight gradient has its arguments in the wrong order: dW comes out
reversed. handnn has no convolution; own forward pass as judge. One image with c channels, stride 1, no
padding.
"""
import numpy as np


class Conv:
    """handnn: layer, input_shape=(2, 6, 6)"""

    def __init__(self, c=2, f=3, k=3):
        self.W, self.b = np.ones((f, c, k, k)), np.zeros(f)

    def forward(self, x):
        self.x, (f, c, k, _) = x, self.W.shape
        h, w = x.shape[2] - k + 1, x.shape[3] - k + 1
        out = np.zeros((len(x), f, h, w))
        for i in range(k):
            for j in range(k):
                out += np.einsum("nchw,fc->nfhw", x[:, :, i : i + h, j : j + w], self.W[:, :, i, j])
        return out + self.b[:, None, None]

    def backward(self, d):
        f, c, k, _ = self.W.shape
        h, w = d.shape[2:]
        dW, dx = np.zeros_like(self.W), np.zeros_like(self.x)
        for i in range(k):
            for j in range(k):
                dW[:, :, k - 1 - i, k - 1 - j] = np.einsum("nchw,nfhw->fc", self.x[:, :, i : i + h, j : j + w], d)
                dx[:, :, i : i + h, j : j + w] += np.einsum("nfhw,fc->nchw", d, self.W[:, :, i, j])
        self.dW, self.db = dW, d.sum(axis=(0, 2, 3))
        return dx


if __name__ == "__main__":
    from handnn.diagnosis import check_layer

    print(check_layer(Conv, input_shape=(2, 6, 6)))
