"""Truth: how the gradient of the filters comes out of the matrix product. Layers with forward and backward, images (N, C, H, W), patches
in the rows of one matrix.
"""
import numpy as np


def out_size(size, kernel, step, border):
    return (size + 2 * border - kernel) // step + 1


def unfold(images, kernel, step, border):
    n, c, h, w = images.shape
    rows, cols = out_size(h, kernel, step, border), out_size(w, kernel, step, border)
    framed = np.pad(images, ((0, 0), (0, 0), (border, border), (border, border)))
    table = np.empty((n, rows, cols, c, kernel, kernel))
    for i in range(rows):
        for j in range(cols):
            table[:, i, j] = framed[:, :, i * step:i * step + kernel, j * step:j * step + kernel]
    return table.reshape(n * rows * cols, c * kernel * kernel)


def fold(table, shape, kernel, step, border):
    n, c, h, w = shape
    rows, cols = out_size(h, kernel, step, border), out_size(w, kernel, step, border)
    table = table.reshape(n, rows, cols, c, kernel, kernel)
    framed = np.zeros((n, c, h + 2 * border, w + 2 * border))
    for i in range(rows):
        for j in range(cols):
            framed[:, :, i * step:i * step + kernel, j * step:j * step + kernel] += table[:, i, j]
    return framed[:, :, border:border + h, border:border + w]


class Rectifier:
    def forward(self, x):
        self.off = x <= 0
        y = x.copy()
        y[self.off] = 0
        return y

    def backward(self, dy):
        dy[self.off] = 0
        return dy


class ConvByMatrix:
    def __init__(self, W, b, step=1, border=0):
        self.W, self.b = W, b
        self.step, self.border = step, border

    def forward(self, x):
        filters, _, kernel, _ = self.W.shape
        n, _, h, w = x.shape
        self.shape = x.shape
        self.table = unfold(x, kernel, self.step, self.border)
        self.flat_W = self.W.reshape(filters, -1).T
        y = np.dot(self.table, self.flat_W) + self.b
        y = y.reshape(n, out_size(h, kernel, self.step, self.border), out_size(w, kernel, self.step, self.border), filters)
        return y.transpose(0, 3, 1, 2)

    def backward(self, dy):
        filters, _, kernel, _ = self.W.shape
        dy = dy.transpose(0, 2, 3, 1).reshape(-1, filters)
        self.db = dy.sum(axis=0)
        dW = np.dot(self.table.T, dy)
        self.dW = dW.reshape(self.W.shape)
        return fold(np.dot(dy, self.flat_W.T), self.shape, kernel, self.step, self.border)


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    conv, relu = ConvByMatrix(rng.normal(size=(4, 2, 3, 3)) * 0.3, np.zeros(4), border=1), Rectifier()
    x, goal = rng.normal(size=(5, 2, 6, 6)), rng.random((5, 4, 6, 6))
    for i in range(30):
        out = relu.forward(conv.forward(x))
        conv.backward(relu.backward((out - goal) / len(x)))
        conv.W -= 0.005 * conv.dW
        conv.b -= 0.005 * conv.db
    print(0.5 * np.sum((out - goal) ** 2) / len(x))
