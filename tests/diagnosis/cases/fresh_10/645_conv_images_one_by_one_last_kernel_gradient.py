"""Truth: the loop over the images assigns self.dW; every image must add its share, so that only the last one is left. Bias and input are
right. im2col for one image at a time, channels first.
"""
import numpy as np


def im2col(image, k):
    C, H, W = image.shape
    oh, ow = H - k + 1, W - k + 1
    cols = np.zeros((C * k * k, oh * ow))
    for y in range(oh):
        for x in range(ow):
            cols[:, y * ow + x] = image[:, y : y + k, x : x + k].ravel()
    return cols


def col2im(cols, shape, k):
    C, H, W = shape
    oh, ow = H - k + 1, W - k + 1
    image = np.zeros(shape)
    for y in range(oh):
        for x in range(ow):
            image[:, y : y + k, x : x + k] += cols[:, y * ow + x].reshape(C, k, k)
    return image


class ConvLayer:
    def __init__(self, in_channels=2, num_filters=3, k=3):
        self.k = k
        self.W = np.random.randn(num_filters, in_channels, k, k) * 0.3
        self.b = np.zeros(num_filters)

    def forward(self, batch):
        self.batch = batch
        N, _, H, W = batch.shape
        F = len(self.W)
        out = np.zeros((N, F, H - self.k + 1, W - self.k + 1))
        self.columns = []
        for n in range(N):
            cols = im2col(batch[n], self.k)
            self.columns.append(cols)
            out[n] = (self.W.reshape(F, -1) @ cols + self.b[:, None]).reshape(out.shape[1:])
        return out

    def backward(self, dout):
        F = len(self.W)
        self.dW = np.zeros_like(self.W)
        self.db = np.sum(dout, axis=(0, 2, 3))
        dbatch = np.zeros_like(self.batch)
        for n in range(len(dout)):
            d = dout[n].reshape(F, -1)
            self.dW = (d @ self.columns[n].T).reshape(self.W.shape)
            dbatch[n] = col2im(self.W.reshape(F, -1).T @ d, self.batch[n].shape, self.k)
        return dbatch
