"""Truth: the padding is cut from the wrong side of the input's gradient. Convolution and max pooling of images with the channels last, layers with backward."""
import numpy as np


class Conv2D:
    def __init__(self, in_channels, n_filters, kernel_size=3, stride=1, pad=1):
        self.kernel_size = kernel_size
        self.stride = stride
        self.pad = pad
        scale = np.sqrt(2.0 / (kernel_size * kernel_size * in_channels))
        self.W = np.random.randn(kernel_size, kernel_size, in_channels, n_filters) * scale
        self.b = np.zeros(n_filters)

    def forward(self, x):
        k, s, p = self.kernel_size, self.stride, self.pad
        n, h, w, _ = x.shape
        self.x_shape = x.shape
        self.x_pad = np.pad(x, ((0, 0), (p, p), (p, p), (0, 0)))
        out_h = (h + 2 * p - k) // s + 1
        out_w = (w + 2 * p - k) // s + 1
        out = np.zeros((n, out_h, out_w, self.b.size))
        for i in range(out_h):
            for j in range(out_w):
                patch = self.x_pad[:, i * s:i * s + k, j * s:j * s + k, :]
                out[:, i, j, :] = np.tensordot(patch, self.W, axes=([1, 2, 3], [0, 1, 2])) + self.b
        return out

    def backward(self, dout):
        k, s, p = self.kernel_size, self.stride, self.pad
        _, h, w, _ = self.x_shape
        self.dW = np.zeros_like(self.W)
        self.db = dout.sum(axis=(0, 1, 2))
        dx_pad = np.zeros_like(self.x_pad)
        for i in range(dout.shape[1]):
            for j in range(dout.shape[2]):
                patch = self.x_pad[:, i * s:i * s + k, j * s:j * s + k, :]
                d = dout[:, i, j, :]
                self.dW += np.tensordot(patch, d, axes=([0], [0]))
                dx_pad[:, i * s:i * s + k, j * s:j * s + k, :] += np.tensordot(d, self.W, axes=([1], [3]))
        return dx_pad[:, :h, :w, :]


class MaxPool2D:
    def __init__(self, size=2):
        self.size = size

    def forward(self, x):
        self.x = x
        n, h, w, c = x.shape
        s = self.size
        self.out = x.reshape(n, h // s, s, w // s, s, c).max(axis=(2, 4))
        return self.out

    def backward(self, dout):
        s = self.size
        big = self.out.repeat(s, axis=1).repeat(s, axis=2)
        mask = self.x == big
        return mask * dout.repeat(s, axis=1).repeat(s, axis=2)


if __name__ == "__main__":
    np.random.seed(2)
    images = np.random.randn(4, 8, 8, 1)
    conv1, conv2, pool = Conv2D(1, 4), Conv2D(4, 4), MaxPool2D()
    target = np.random.randn(4, 4, 4, 4)
    for step in range(20):
        out = pool.forward(conv2.forward(conv1.forward(images)))
        loss = np.mean((out - target) ** 2)
        grad = 2 * (out - target) / out.size
        conv1.backward(conv2.backward(pool.backward(grad)))
        for layer in (conv1, conv2):
            layer.W -= 0.1 * layer.dW
            layer.b -= 0.1 * layer.db
        if step % 5 == 0:
            print("step", step, "loss", round(loss, 4))
