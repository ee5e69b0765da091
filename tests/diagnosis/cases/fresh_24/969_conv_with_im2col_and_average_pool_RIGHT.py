"""Truth: everything in it is right. Convolution with im2col for a small image net; NCHW, zero padding, stride."""
import numpy as np


def im2col(x, k, stride, pad):
    n, c, h, w = x.shape
    xp = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    oh = (h + 2 * pad - k) // stride + 1
    ow = (w + 2 * pad - k) // stride + 1
    cols = np.empty((n, oh, ow, c, k, k))
    for i in range(oh):
        for j in range(ow):
            r, s = i * stride, j * stride
            cols[:, i, j] = xp[:, :, r:r + k, s:s + k]
    return cols.reshape(n * oh * ow, c * k * k), oh, ow


def col2im(cols, shape, k, stride, pad, oh, ow):
    n, c, h, w = shape
    cols = cols.reshape(n, oh, ow, c, k, k)
    xp = np.zeros((n, c, h + 2 * pad, w + 2 * pad))
    for i in range(oh):
        for j in range(ow):
            r, s = i * stride, j * stride
            xp[:, :, r:r + k, s:s + k] += cols[:, i, j]
    return xp[:, :, pad:pad + h, pad:pad + w]


class Conv2D:
    def __init__(self, c_in, c_out, k, stride=1, pad=0, seed=0):
        r = np.random.default_rng(seed)
        self.W = r.normal(0, np.sqrt(2 / (c_in * k * k)), (c_out, c_in, k, k))
        self.b = np.zeros(c_out)
        self.k, self.stride, self.pad = k, stride, pad

    def forward(self, x):
        self.shape = x.shape
        self.cols, self.oh, self.ow = im2col(x, self.k, self.stride, self.pad)
        flat = self.W.reshape(len(self.W), -1)
        y = self.cols @ flat.T + self.b
        return y.reshape(x.shape[0], self.oh, self.ow, -1).transpose(0, 3, 1, 2)

    def backward(self, dy):
        d = dy.transpose(0, 2, 3, 1).reshape(-1, len(self.W))
        self.dW = (d.T @ self.cols).reshape(self.W.shape)
        self.db = d.sum(axis=0)
        dcols = d @ self.W.reshape(len(self.W), -1)
        return col2im(dcols, self.shape, self.k, self.stride, self.pad, self.oh, self.ow)


class AvgPool2D:
    def __init__(self, size):
        self.size = size

    def forward(self, x):
        self.shape = x.shape
        n, c, h, w = x.shape
        p = self.size
        return x.reshape(n, c, h // p, p, w // p, p).mean(axis=(3, 5))

    def backward(self, dy):
        p = self.size
        return np.repeat(np.repeat(dy, p, axis=2), p, axis=3) / p ** 2


class Flatten:
    def forward(self, x):
        self.shape = x.shape
        return x.reshape(len(x), -1)

    def backward(self, dy):
        return dy.reshape(self.shape)


if __name__ == "__main__":
    rng = np.random.default_rng(2)
    imgs = rng.normal(size=(6, 2, 8, 8))
    target = rng.normal(size=(6, 48))
    net = [Conv2D(2, 3, 3, pad=1), AvgPool2D(2), Flatten()]
    for it in range(20):
        out = imgs
        for layer in net:
            out = layer.forward(out)
        diff = out - target
        g = 2 * diff / diff.size
        for layer in net[::-1]:
            g = layer.backward(g)
        net[0].W -= 0.5 * net[0].dW
        net[0].b -= 0.5 * net[0].db
    print("mse", np.mean(diff ** 2))
