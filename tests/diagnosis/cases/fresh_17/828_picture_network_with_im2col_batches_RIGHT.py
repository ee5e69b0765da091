"""Truth: RIGHT. Layers for batches (N, C, H, W): convolution as one product of columns, with stride and padding, max pooling, flatten,
dense, and the loss with softmax.
"""
import numpy as np


def im2col(x, k, stride, pad):
    N, C, H, W = x.shape
    out_h = (H + 2 * pad - k) // stride + 1
    out_w = (W + 2 * pad - k) // stride + 1
    img = np.pad(x, [(0, 0), (0, 0), (pad, pad), (pad, pad)])
    col = np.zeros((N, C, k, k, out_h, out_w))
    for r in range(k):
        for c in range(k):
            col[:, :, r, c] = img[:, :, r:r + stride * out_h:stride, c:c + stride * out_w:stride]
    return col.transpose(0, 4, 5, 1, 2, 3).reshape(N * out_h * out_w, -1), out_h, out_w


def col2im(col, shape, k, stride, pad, out_h, out_w):
    N, C, H, W = shape
    col = col.reshape(N, out_h, out_w, C, k, k).transpose(0, 3, 4, 5, 1, 2)
    img = np.zeros((N, C, H + 2 * pad + stride - 1, W + 2 * pad + stride - 1))
    for r in range(k):
        for c in range(k):
            img[:, :, r:r + stride * out_h:stride, c:c + stride * out_w:stride] += col[:, :, r, c]
    return img[:, :, pad:H + pad, pad:W + pad]


class Conv2D:
    def __init__(self, in_channels, out_channels, kernel=3, stride=1, pad=1):
        self.k, self.stride, self.pad = kernel, stride, pad
        scale = np.sqrt(2.0 / (in_channels * kernel * kernel))
        self.W = np.random.randn(out_channels, in_channels, kernel, kernel) * scale
        self.b = np.zeros(out_channels)

    def forward(self, x):
        self.x_shape = x.shape
        self.col, self.out_h, self.out_w = im2col(x, self.k, self.stride, self.pad)
        self.col_W = self.W.reshape(self.W.shape[0], -1).T
        out = self.col @ self.col_W + self.b
        return out.reshape(x.shape[0], self.out_h, self.out_w, -1).transpose(0, 3, 1, 2)

    def backward(self, dout):
        dout = dout.transpose(0, 2, 3, 1).reshape(-1, self.W.shape[0])
        self.db = dout.sum(axis=0)
        self.dW = (self.col.T @ dout).T.reshape(self.W.shape)
        dcol = dout @ self.col_W.T
        return col2im(dcol, self.x_shape, self.k, self.stride, self.pad, self.out_h, self.out_w)

    def params(self):
        return [(self.W, self.dW), (self.b, self.db)]


class ReLU:
    def forward(self, x):
        self.mask = x > 0
        return x * self.mask

    def backward(self, dout):
        return dout * self.mask

    def params(self):
        return []


class MaxPool2D:
    def __init__(self, size=2):
        self.size = size

    def forward(self, x):
        N, C, H, W = x.shape
        s = self.size
        self.x_shape = x.shape
        windows = x.reshape(N, C, H // s, s, W // s, s).transpose(0, 1, 2, 4, 3, 5).reshape(-1, s * s)
        self.arg_max = windows.argmax(axis=1)
        return windows.max(axis=1).reshape(N, C, H // s, W // s)

    def backward(self, dout):
        N, C, H, W = self.x_shape
        s = self.size
        dwindows = np.zeros((dout.size, s * s))
        dwindows[np.arange(dout.size), self.arg_max] = dout.ravel()
        return dwindows.reshape(N, C, H // s, W // s, s, s).transpose(0, 1, 2, 4, 3, 5).reshape(N, C, H, W)

    def params(self):
        return []


class Flatten:
    def forward(self, x):
        self.shape = x.shape
        return x.reshape(x.shape[0], -1)

    def backward(self, dout):
        return dout.reshape(self.shape)

    def params(self):
        return []


class Dense:
    def __init__(self, n_in, n_out):
        self.W = np.random.randn(n_in, n_out) * np.sqrt(2.0 / n_in)
        self.b = np.zeros(n_out)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW = self.x.T @ dout
        self.db = dout.sum(axis=0)
        return dout @ self.W.T

    def params(self):
        return [(self.W, self.dW), (self.b, self.db)]


class SoftmaxCrossEntropy:
    def forward(self, scores, labels):
        e = np.exp(scores - scores.max(axis=1, keepdims=True))
        self.p = e / e.sum(axis=1, keepdims=True)
        self.labels = labels
        return -np.log(self.p[np.arange(len(labels)), labels]).mean()

    def backward(self):
        d = self.p.copy()
        d[np.arange(len(self.labels)), self.labels] -= 1
        return d / len(self.labels)


if __name__ == "__main__":
    np.random.seed(6)
    images = np.random.rand(48, 1, 8, 8)
    labels = np.random.randint(0, 3, 48)
    images[labels == 0, :, 3] += 1.5
    images[labels == 1, :, :, 3] += 1.5
    model = [Conv2D(1, 4), ReLU(), MaxPool2D(), Conv2D(4, 6, stride=2), ReLU(), Flatten(), Dense(6 * 2 * 2, 3)]
    criterion = SoftmaxCrossEntropy()
    for epoch in range(30):
        x = images
        for layer in model:
            x = layer.forward(x)
        loss = criterion.forward(x, labels)
        grad = criterion.backward()
        for layer in reversed(model):
            grad = layer.backward(grad)
        for layer in model:
            for p, g in layer.params():
                p -= 0.3 * g
        if epoch % 10 == 0:
            print("epoch %d loss %.4f accuracy %.2f" % (epoch, loss, np.mean(x.argmax(axis=1) == labels)))
