"""Truth: RIGHT. 'Why += in col2im and not =?' was asked: windows overlap, their gradients are added. Convolution as a
matrix product of columns, images (N, C, H, W); the weights come in through the constructor.
"""
import numpy as np


def out_size(n, k, stride, pad):
    return (n + 2 * pad - k) // stride + 1


def im2col(input_data, filter_h, filter_w, stride=1, pad=0):
    N, C, H, W = input_data.shape
    rows, cols = out_size(H, filter_h, stride, pad), out_size(W, filter_w, stride, pad)
    img = np.pad(input_data, [(0, 0), (0, 0), (pad, pad), (pad, pad)])
    col = np.empty((N, rows, cols, C, filter_h, filter_w))
    for y, x in np.ndindex(filter_h, filter_w):
        window = img[:, :, y : y + stride * rows : stride, x : x + stride * cols : stride]
        col[..., y, x] = window.transpose(0, 2, 3, 1)
    return col.reshape(N * rows * cols, -1)


def col2im(col, input_shape, filter_h, filter_w, stride=1, pad=0):
    N, C, H, W = input_shape
    rows, cols = out_size(H, filter_h, stride, pad), out_size(W, filter_w, stride, pad)
    col = col.reshape(N, rows, cols, C, filter_h, filter_w)
    img = np.zeros((N, C, H + 2 * pad, W + 2 * pad))
    for y, x in np.ndindex(filter_h, filter_w):
        part = col[..., y, x].transpose(0, 3, 1, 2)
        img[:, :, y : y + stride * rows : stride, x : x + stride * cols : stride] += part
    return img[:, :, pad : H + pad, pad : W + pad]


class Convolution:
    def __init__(self, W, b, stride=1, pad=0):
        self.W, self.b, self.stride, self.pad = W, b, stride, pad

    def forward(self, x):
        FN, C, FH, FW = self.W.shape
        self.x_shape = x.shape
        self.col = im2col(x, FH, FW, self.stride, self.pad)
        self.col_W = self.W.reshape(FN, -1).T
        out = self.col @ self.col_W + self.b
        rows = out_size(x.shape[2], FH, self.stride, self.pad)
        return out.reshape(len(x), rows, -1, FN).transpose(0, 3, 1, 2)

    def backward(self, dout):
        FN, C, FH, FW = self.W.shape
        dout = dout.transpose(0, 2, 3, 1).reshape(-1, FN)
        self.db = dout.sum(axis=0)
        self.dW = (self.col.T @ dout).T.reshape(self.W.shape)
        return col2im(dout @ self.col_W.T, self.x_shape, FH, FW, self.stride, self.pad)
