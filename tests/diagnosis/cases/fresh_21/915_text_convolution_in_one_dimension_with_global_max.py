"""Truth: overlapping windows overwrite each other's part of the input's gradient. Convolution along time, relu and the maximum over time, small layers."""
import numpy as np


class Conv1D:
    def __init__(self, width, in_dim, out_dim):
        self.width = width
        self.weight = np.random.randn(width * in_dim, out_dim) / np.sqrt(width * in_dim)
        self.bias = np.zeros(out_dim)

    def forward(self, x):
        self.x = x
        batch, length, dim = x.shape
        steps = length - self.width + 1
        self.windows = np.stack([x[:, t:t + self.width].reshape(batch, -1) for t in range(steps)], axis=1)
        return self.windows @ self.weight + self.bias

    def backward(self, grad):
        batch, steps, out_dim = grad.shape
        self.grad_weight = self.windows.reshape(batch * steps, -1).T @ grad.reshape(batch * steps, out_dim)
        self.grad_bias = grad.sum(axis=(0, 1))
        grad_windows = grad @ self.weight.T
        grad_x = np.zeros_like(self.x)
        for t in range(steps):
            part = grad_windows[:, t].reshape(batch, self.width, -1)
            grad_x[:, t:t + self.width] = part
        return grad_x


class ReLU:
    def forward(self, x):
        self.mask = x > 0
        return x * self.mask

    def backward(self, grad):
        return grad * self.mask


class GlobalMaxPool1D:
    def forward(self, x):
        self.shape = x.shape
        self.argmax = x.argmax(axis=1)
        return x.max(axis=1)

    def backward(self, grad):
        batch, _, dim = self.shape
        out = np.zeros(self.shape)
        out[np.arange(batch)[:, None], self.argmax, np.arange(dim)[None, :]] = grad
        return out


if __name__ == "__main__":
    np.random.seed(8)
    x = np.random.randn(10, 9, 4)
    y = (x[:, :, 0].max(axis=1) > 1.5).astype(float)
    net = [Conv1D(3, 4, 6), ReLU(), Conv1D(2, 6, 5), ReLU(), GlobalMaxPool1D()]
    w = np.random.randn(5) * 0.3
    for step in range(60):
        h = x
        for layer in net:
            h = layer.forward(h)
        p = 1 / (1 + np.exp(-h @ w))
        loss = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
        d = (p - y) / len(y)
        grad = np.outer(d, w)
        w -= 0.2 * h.T @ d
        for layer in reversed(net):
            grad = layer.backward(grad)
            if isinstance(layer, Conv1D):
                layer.weight -= 0.2 * layer.grad_weight
                layer.bias -= 0.2 * layer.grad_bias
        if step % 20 == 0:
            print("step", step, "loss", loss)
