"""Truth: RIGHT. 'The gradient of the bias should be divided by the batch size' was asked: the layers add up, the loss divides. Weights in
rows, windows in columns, one image after the other.
"""
import numpy as np


class Conv2d:
    def __init__(self, in_channels=2, n_filter=3, filter_size=(3, 2), padding=1, stride=2):
        self.in_channels, self.n_filter = in_channels, n_filter
        self.h_filter, self.w_filter = filter_size
        self.padding, self.stride = padding, stride
        self.w = np.random.randn(n_filter, in_channels, self.h_filter, self.w_filter) * 0.3
        self.b = np.zeros((n_filter, 1))

    def windows(self):
        for i in range(self.h_out):
            for j in range(self.w_out):
                top, left = i * self.stride, j * self.stride
                yield i * self.w_out + j, np.s_[:, :, top : top + self.h_filter, left : left + self.w_filter]

    def forward(self, x):
        n_x, _, h_x, w_x = x.shape
        self.x_shape = x.shape
        self.h_out = (h_x + 2 * self.padding - self.h_filter) // self.stride + 1
        self.w_out = (w_x + 2 * self.padding - self.w_filter) // self.stride + 1
        pad = ((0, 0), (0, 0), (self.padding, self.padding), (self.padding, self.padding))
        x_pad = np.pad(x, pad)
        n_window = self.h_out * self.w_out
        x_col = np.zeros((self.in_channels * self.h_filter * self.w_filter, n_x, n_window))
        for k, window in self.windows():
            x_col[:, :, k] = x_pad[window].reshape(n_x, -1).T
        self.x_col = x_col.reshape(len(x_col), -1)
        self.w_row = self.w.reshape(self.n_filter, -1)
        out = self.w_row @ self.x_col + self.b
        return out.reshape(self.n_filter, n_x, self.h_out, self.w_out).transpose(1, 0, 2, 3)

    def backward(self, d_out):
        n_x, c, h_x, w_x = self.x_shape
        d_out_col = d_out.transpose(1, 0, 2, 3).reshape(self.n_filter, -1)
        self.w_grad = (d_out_col @ self.x_col.T).reshape(self.w.shape)
        self.b_grad = d_out_col.sum(axis=1).reshape(self.n_filter, 1)
        d_x_col = (self.w_row.T @ d_out_col).reshape(-1, n_x, self.h_out * self.w_out)
        d_x = np.zeros((n_x, c, h_x + 2 * self.padding, w_x + 2 * self.padding))
        for k, window in self.windows():
            d_x[window] += d_x_col[:, :, k].T.reshape(n_x, c, self.h_filter, self.w_filter)
        return d_x[:, :, self.padding : self.padding + h_x, self.padding : self.padding + w_x]
